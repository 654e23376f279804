"""Stochastic gradient descent, with momentum."""

from collections.abc import Mapping
from typing import Any, ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.groups import Params
from fastconv.optim.optimizer import Optimizer, setting


class SGD(Optimizer):
    """v <- momentum · v + (1 - dampening) · g;  p <- p - lr · v,  with g the gradient + weight_decay · p.

    The first step sets v to g; with `nesterov` p <- p - lr · (g + momentum · v). Equations:
    `torch.optim.SGD`.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them. Or
      a list of groups: dicts of `params` and of those settings that differ from the optimizer's.
    - `lr`: the learning rate, a finite number of at least 0.
    - `momentum`: how much of the last step's v stays, at least 0.
    - `dampening`: how much less than the whole gradient enters v.
    - `weight_decay`: how much of each parameter is added to its gradient, at least 0.
    - `nesterov`: whether a step looks ahead along v; it needs a momentum and no dampening.
    """

    rule = "sgd"
    buffers = optional = ("velocities",)
    hyperparameters = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "momentum": arguments.size,
        "dampening": arguments.number,
        "nesterov": validate.flag,
    }
    momentum = setting("momentum")
    dampening = setting("dampening")
    nesterov = setting("nesterov")

    def __init__(
        self,
        params: Params,
        lr: float,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
        )

    @classmethod
    def _check_together(cls, place: str, settings: Mapping[str, Any]) -> None:
        momentum, dampening = settings["momentum"], settings["dampening"]
        if settings["nesterov"] and not (momentum > 0 and dampening == 0):
            got = f"momentum={momentum}, dampening={dampening}"
            raise validate.wrong_value(place, "nesterov", got, "a momentum and zero dampening")

    @classmethod
    def _needed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return cls.buffers if settings["momentum"] != 0 else ()

    def _numbers(self, settings: Mapping[str, Any], step: int, first: bool) -> tuple[Any, ...]:
        return (*(settings[name] for name in self.hyperparameters), first)
