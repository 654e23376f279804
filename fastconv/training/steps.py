"""The steps of training that are planned: one plan for each kind of batch."""

from collections.abc import Callable
from typing import Any

from fastconv import backends, nn, optim
from fastconv.attributes import Settings
from fastconv.nn.contract import built_in
from fastconv.nn.named import named
from fastconv.nn.tree import Gradients
from fastconv.plan.cache import age
from fastconv.plan.planned import Unplanned
from fastconv.plan.record import UnplannedError
from fastconv.plan.step import Step, Traced
from fastconv.types import Array

MOST = 8
"""Plans that are kept: the oldest is forgotten first."""


class Steps:
    """What training has planned.

    **Arguments:**

    - `model`, `loss`, `optimizer`: what is trained.
    """

    def __init__(self, model: nn.Layer, loss: nn.Loss, optimizer: optim.Optimizer) -> None:
        self._parts = model, loss, optimizer
        self._found: dict[Any, Step | Unplanned] = {}
        self.latest: Step | Unplanned = Unplanned("there was no step yet")
        """The plan of the last step."""
        self._holds: tuple[object, ...] = ()

    def of(self, batch: tuple[Array, Array, Array | None], check: Callable[[Gradients], None]) -> Step | None:
        """The plan for batches like this one, (x, y, weight), or None; `check` sees the gradients' names."""
        x, y, weight = batch
        if weight is not None or not (backends.plannable() and x.flags.aligned):
            self.latest = Unplanned("samples have weights, or config, backend or memory forbids it")
            return None
        holds = Settings.changes, age()
        if self._holds != holds:
            self._found.clear()
            self._holds = holds
        key = x.shape, x.strides, x.dtype, y.shape, y.strides, y.dtype
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._made(x, y, check)
            if len(self._found) > MOST:
                del self._found[next(iter(self._found))]
        self.latest = found
        return None if isinstance(found, Unplanned) else found

    def _memory(self) -> Array | None:
        """The largest memory of a plan: all share it, for one of them runs at a time."""
        held = (plan.memory for plan in self._found.values() if isinstance(plan, Step))
        return max(held, key=lambda memory: memory.nbytes, default=None)

    def _made(self, x: Array, y: Array, check: Callable[[Gradients], None]) -> Step | Unplanned:
        model, loss, optimizer = self._parts
        own = (*(type(layer) for layer in model.modules()), type(loss), type(optimizer))
        if not all(map(built_in, own)) or not x.size or not y.flags.aligned:
            return Unplanned("a part of the user's")
        backward: list[Callable[[], Gradients]] = []

        def forward(x: Array, y: Array) -> Array:
            output, closure = model.forward(x, training=True)
            _, slope = loss.forward(output, y)
            backward.append(lambda: closure(slope(), input_gradient=False)[1])
            return output

        def update() -> None:
            gradients = backward[0]()
            check(gradients)
            optimizer.trace(gradients)

        def kept() -> list[Array]:
            return [*model._state().values(), *optimizer.arrays()]

        try:
            with named(model):
                return Step(Traced(forward, update), (x, y), kept, self._memory())
        except UnplannedError as error:
            return Unplanned(str(error))
