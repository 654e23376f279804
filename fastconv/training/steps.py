"""The steps of training that are planned: one plan for each kind of batch."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from fastconv import backends, nn, optim
from fastconv.nn.contract import built_in
from fastconv.nn.named import named
from fastconv.nn.tree import Gradients
from fastconv.plan.cache import Cache
from fastconv.plan.passes import Passes
from fastconv.plan.planned import Unplanned
from fastconv.plan.record import UnplannedError
from fastconv.plan.step import Step
from fastconv.training.descent import Descent
from fastconv.types import Array

Plan = Step | Passes | Unplanned
FORBIDDEN = Unplanned("fastconv.config, the backend, or how the batch lies in memory forbids it")


class Steps(Cache):
    """What training has planned.

    **Arguments:**

    - `model`, `loss`, `optimizer`: what is trained.
    """

    def __init__(self, model: nn.Layer, loss: nn.Loss, optimizer: optim.Optimizer) -> None:
        super().__init__(model, loss, optimizer)
        self.latest: Plan = Unplanned("there was no step yet")
        """The plan of the last step."""

    def of(self, batch: tuple[Array, Array, Array | None], descent: Descent) -> Step | Passes | None:
        """The plan for batches like this one, (x, y, weight), or None; `descent` is what follows the loss.

        It is that of a whole step, or where the loss or the update is Python's, that of both passes.
        """
        x, y, weight = batch
        if not (backends.plannable() and x.flags.aligned and y.flags.aligned):
            self.latest = FORBIDDEN
            return None
        whole = weight is None and descent.clip_norm is None
        key = (x.shape, x.strides, x.dtype, *((y.shape, y.strides, y.dtype) if whole else ()))
        self.latest = found = self.plan(key, self._made, x, y, descent, whole)
        return None if isinstance(found, Unplanned) else found

    def shard(self, x: Array, number: int, descent: Descent) -> Passes | None:
        """The plan of both passes for shards like this one, or None; other numbers stay under way."""
        if not (backends.plannable() and x.flags.aligned):
            self.latest = FORBIDDEN
            return None
        self.latest = found = self.plan(("shard", x.shape, x.strides, x.dtype), self._shard, x, descent)
        return None if isinstance(found, Unplanned) else found.slot(number)

    def _memory(self) -> Array | None:
        """The largest memory of a plan: all share it, for one of them runs at a time."""
        held = (plan.memory for plan in self._found.values() if not isinstance(plan, Unplanned))
        return max(held, key=lambda memory: memory.nbytes, default=None)

    def _made(self, x: Array, y: Array, descent: Descent, whole: bool) -> Step | Passes:
        _, loss, optimizer = self._parts
        with self._recordable(x):
            if whole and _ours((type(loss), type(optimizer))):
                with suppress(UnplannedError):
                    return self._step(x, y, descent)
            return self._passes(x, descent, self._memory())

    def _shard(self, x: Array, descent: Descent) -> Passes:
        with self._recordable(x):
            return self._passes(x, descent, None)

    @contextmanager
    def _recordable(self, x: Array) -> Iterator[None]:
        """For a `with` block names the layers; UnplannedError where they cannot be recorded."""
        model, _, _ = self._parts
        if not _ours(type(layer) for layer in model.modules()) or not x.size:
            raise UnplannedError("a layer of the user's, or no samples")
        with named(model):
            yield

    def _step(self, x: Array, y: Array, descent: Descent) -> Step:
        model, loss, optimizer = self._parts
        backward: list[Any] = []

        def forward(x: Array, y: Array) -> Array:
            output, closure = model.forward(x, training=True)
            _, slope = loss.forward(output, y)
            backward.append(lambda: closure(slope(), input_gradient=False)[1])
            return output

        def update() -> None:
            gradients = backward[0]()
            descent.check(gradients)
            optimizer.trace(gradients)

        def kept() -> list[Array]:
            return [*model._state().values(), *optimizer.arrays()]

        return Step(forward, update, (x, y), kept, self._memory())

    def _passes(self, x: Array, descent: Descent, memory: Array | None) -> Passes:
        model, _, _ = self._parts
        closures: list[Any] = []

        def forward(x: Array) -> Array:
            output, closure = model.forward(x, training=True)
            closures.append(closure)
            return output

        def backward(slope: Array) -> Gradients:
            gradients: Gradients = closures[0](slope, input_gradient=False)[1]
            descent.check(gradients)
            return gradients

        return Passes(forward, backward, x, [*model._state().values()], memory)


def _ours(kinds: Iterable[type]) -> bool:
    """Whether all classes are fastconv's."""
    return all(map(built_in, kinds))
