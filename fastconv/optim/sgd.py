"""Stochastic gradient descent, with momentum."""

from collections.abc import Mapping
from typing import Any, ClassVar

from fastconv import backends, validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.optimizer import Optimizer
from fastconv.types import Array


class SGD(Optimizer):
    """v <- momentum · v + (1 - dampening) · g;  p <- p - lr · v,  with g the gradient + weight_decay · p.

    The first step sets v to g; with `nesterov` p <- p - lr · (g + momentum · v). Equations:
    `torch.optim.SGD`.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them.
    - `lr`: the learning rate, a finite number of at least 0.
    - `momentum`: how much of the last step's v stays, at least 0.
    - `dampening`: how much less than the whole gradient enters v.
    - `weight_decay`: how much of each parameter is added to its gradient, at least 0.
    - `nesterov`: whether a step looks ahead along v; it needs a momentum and no dampening.
    """

    buffers = ("velocities",)
    hyperparameters = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "momentum": arguments.size,
        "dampening": arguments.number,
        "nesterov": validate.flag,
    }

    def __init__(
        self,
        params: Mapping[str, Array],
        lr: float,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        if name not in ("momentum", "dampening", "nesterov"):
            return value
        then = {**vars(self), name: value}
        if then.get("nesterov") and not (then["momentum"] > 0 and then["dampening"] == 0):
            got = f"momentum={then['momentum']}, dampening={then['dampening']}"
            needs = "a momentum and zero dampening"
            raise validate.wrong_value(type(self).__name__, "nesterov", got, needs)
        return value

    def _needed(self) -> tuple[str, ...]:
        return self.buffers if self.momentum != 0 else ()

    def _update(self, gradients: list[Array], first: bool) -> None:
        backends.active().sgd(
            self._arrays,
            gradients,
            self._state.get("velocities", []),
            self.lr,
            self.momentum,
            self.dampening,
            self.weight_decay,
            self.nesterov,
            first,
        )
