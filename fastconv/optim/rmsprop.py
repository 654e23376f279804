"""RMSprop, which divides each gradient by its recent size."""

from collections.abc import Mapping
from typing import Any, ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.groups import Params
from fastconv.optim.optimizer import Optimizer, setting


class RMSprop(Optimizer):
    """s <- α s + (1 - α) g²;  d = g / (√s + eps);  v <- momentum · v + d;  p <- p - lr · v.

    g is the gradient + weight_decay · p; without momentum v is d. With `centered` m <- m + (1 - α) (g - m),
    and √(s - m²), an estimate of the standard deviation, stands in place of √s. Hinton, lecture 6e of "Neural
    networks for machine learning", 2012; centered: Graves, arXiv 1308.0850. The order of operations is that
    of `torch.optim.RMSprop`.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them. Or
      a list of groups: dicts of `params` and of those settings that differ from the optimizer's.
    - `lr`: the learning rate, a finite number of at least 0.
    - `alpha`: how much of the running means s and m stays in a step, from 0 to 1.
    - `eps`: what keeps the division finite, at least 0.
    - `weight_decay`: how much of each parameter is added to its gradient, at least 0.
    - `momentum`: how much of the last step's v stays, at least 0.
    - `centered`: whether the mean of the gradient is taken off before its size is measured.
    """

    rule = "rmsprop"
    buffers = ("squares", "velocities", "means")
    optional = ("velocities", "means")
    hyperparameters = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")
    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "alpha": arguments.share,
        "eps": arguments.size,
        "momentum": arguments.size,
        "centered": validate.flag,
    }
    alpha = setting("alpha")
    eps = setting("eps")
    momentum = setting("momentum")
    centered = setting("centered")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
        )

    @classmethod
    def _needed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        velocities = ("velocities",) if settings["momentum"] != 0 else ()
        return ("squares", *velocities, *(("means",) if settings["centered"] else ()))

    def _numbers(self, settings: Mapping[str, Any], step: int, first: bool) -> tuple[Any, ...]:
        return tuple(settings[name] for name in self.hyperparameters)
