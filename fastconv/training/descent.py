"""What follows the loss of a step: gradients, and the update that they lead to."""

from collections.abc import Callable
from typing import NamedTuple

from fastconv import optim
from fastconv.nn.contract import built_in
from fastconv.nn.tree import Gradients
from fastconv.training.parameters import check_gradients
from fastconv.types import Array


def copied(gradients: Gradients) -> Gradients:
    """Gradients that the next backward pass does not overwrite, as it does those of a plan."""
    return {name: g if g is None else g.copy() for name, g in gradients.items()}


class Forwarded(NamedTuple):
    """The first half of a step; `update` is the second one."""

    output: Array
    y: Array
    weight: Array | None
    loss: float
    update: Callable[[], None]


class Descent:
    """The update by gradients, which are checked, and clipped where that is asked for.

    **Arguments:**

    - `optimizer`: what updates the parameters.
    - `names`: the names of the model's parameters.
    - `clip_norm`: the largest 2-norm of all gradients; None leaves them as they are.
    """

    def __init__(self, optimizer: optim.Optimizer, names: frozenset[str], clip_norm: float | None) -> None:
        self._optimizer, self._names, self.clip_norm = optimizer, names, clip_norm

    def check(self, gradients: Gradients) -> None:
        """ValueError for gradients of what is no parameter of the model."""
        check_gradients(gradients, self._names)

    def __call__(self, gradients: Gradients) -> None:
        """One update."""
        self.check(gradients)
        if self.clip_norm is not None:
            gradients = optim.clip(gradients, self.clip_norm)
        if not built_in(type(self._optimizer)):  # it may keep them, and a plan overwrites its own
            gradients = copied(gradients)
        self._optimizer.step(gradients)
