"""Adam, and AdamW, whose weight decay stands apart from the gradient."""

from collections.abc import Mapping
from typing import Any, ClassVar

from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.groups import Params
from fastconv.optim.optimizer import Optimizer, setting


class Adam(Optimizer):
    """m <- β1 m + (1 - β1) g;  s <- β2 s + (1 - β2) g²;  p <- p - lr · m̂ / (√ŝ + eps).

    g is the gradient + weight_decay · p, m̂ = m / (1 - β1^t) and ŝ = s / (1 - β2^t) in step t. Kingma and Ba,
    "Adam: a method for stochastic optimization", 2015; the order of operations is that of `torch.optim.Adam`.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them. Or
      a list of groups: dicts of `params` and of those settings that differ from the optimizer's.
    - `lr`: the learning rate, a finite number of at least 0.
    - `betas`: (β1, β2), how much of the running means m and s stays in a step, each at least 0 and below 1.
    - `eps`: what keeps the division finite, at least 0.
    - `weight_decay`: how much of each parameter is added to its gradient, at least 0.
    """

    rule = "adam"
    buffers = ("means", "squares")
    hyperparameters = ("lr", "betas", "eps", "weight_decay")
    checks: ClassVar[Checks] = {**Optimizer.checks, "betas": arguments.decays, "eps": arguments.size}
    betas = setting("betas")
    eps = setting("eps")
    decoupled = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _numbers(self, settings: Mapping[str, Any], step: int, first: bool) -> tuple[Any, ...]:
        betas, eps, weight_decay = settings["betas"], settings["eps"], settings["weight_decay"]
        return step, settings["lr"], *betas, eps, weight_decay, self.decoupled


class AdamW(Adam):
    """Adam with the decay apart from the gradient: p <- p - lr · weight_decay · p before each update.

    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019; `torch.optim.AdamW`.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them. Or
      a list of groups: dicts of `params` and of those settings that differ from the optimizer's.
    - `lr`: the learning rate, a finite number of at least 0.
    - `betas`: (β1, β2), how much of the running means m and s stays in a step, each at least 0 and below 1.
    - `eps`: what keeps the division finite, at least 0.
    - `weight_decay`: the share of each parameter, times lr, that a step takes away; at least 0.
    """

    decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
