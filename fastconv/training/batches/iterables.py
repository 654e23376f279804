"""Batches that a user's iterable gives."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fastconv.training.batches.needs import Batch, Needs, Part, kind_of
from fastconv.training.batches.weights import BALANCED, ClassWeight, Weights, table_of

_END = object()


class OwnBatches:
    """Batches that hold this rank's samples alone: each pass is what `function(rank, ranks)` gives."""

    def __init__(self, function: Callable[[int, int], Iterable[Any]], rank: int, ranks: int) -> None:
        self.function, self.rank, self.ranks = function, rank, ranks

    def __iter__(self) -> Iterator[Any]:
        return iter(self.function(self.rank, self.ranks))


class IterableBatches:
    """Batches (x, y) or (x, y, sample_weight) from a user's iterable, in its order.

    Each is checked before it is given out; errors count the batches of an epoch from 1. An epoch is one pass,
    or `steps` batches, which the argument of that name sets. With `continues`, the next epoch begins where
    the last one ended, and a pass that ends is followed by the next one; else it begins anew. An iterator
    has one pass, and can only continue.
    """

    def __init__(
        self,
        name: str,
        batches: Iterable[Any],
        needs: Needs,
        class_weight: ClassWeight | None = None,
        steps: int | None = None,
        argument: str = "steps_per_epoch",
        continues: bool = True,
    ) -> None:
        if isinstance(class_weight, str) and class_weight == BALANCED:
            raise ValueError(f'{name}: class_weight: got "balanced" with batches, needs a dict or a list')
        self.name, self.batches, self.needs, self.class_weight = name, batches, needs, class_weight
        self.steps, self._argument = steps, argument
        self._endless = not isinstance(batches, Iterator)
        self._continues = not self._endless or (continues and steps is not None)
        self._pass: Iterator[Any] | None = None
        self._held: list[Any] = []

    @property
    def length(self) -> int | None:
        """The number of batches in an epoch; None where it ends with a pass."""
        return self.steps

    def epoch(self, rng: np.random.Generator | None = None, part: Part | None = None) -> Iterator[Batch]:
        """The batches of one epoch, or of each the samples that `part` names; the order is the iterable's."""
        whole = part is None or isinstance(self.batches, OwnBatches)
        number = 0
        while self.steps is None or number < self.steps:
            batch = self._next(begin=number == 0)
            if batch is _END:
                break
            number += 1
            x, y, weight = self._checked(number, batch)
            rows = slice(None) if part is None or whole else part(len(x))
            yield x[rows], y[rows], None if weight is None else weight[rows]
        if not number:
            raise ValueError(f"{self.name}: x: got no batches, needs at least one in each epoch")
        if self.steps is not None and number < self.steps:
            needs = f"{self.steps} in each epoch ({self._argument})"
            raise ValueError(f"{self.name}: x: got {number} batches, needs {needs}")

    def head(self) -> Iterator[Batch]:
        """The first sample of the first batch, which stays the first of the next epoch."""
        batch = self._next(begin=True)
        if batch is not _END:
            self._held.append(batch)
            x, y, weight = self._checked(1, batch)
            yield x[:1], y[:1], None if weight is None else weight[:1]

    def check_last(self, shards: int = 1) -> None:
        """Nothing: how many samples a batch has is seen when it comes."""

    def skip(self, epochs: int) -> None:
        """Passes over the batches of so many epochs, where epochs continue: a resumed fit had them before."""
        if self._endless and self._continues and self.steps:
            for _ in range(epochs * self.steps):
                self._next(begin=False)

    def _next(self, begin: bool) -> Any:
        """The next batch, _END where there is none in this epoch; `begin`: it is the first of one."""
        if self._held:
            return self._held.pop()
        if self._pass is None or (begin and not self._continues):
            self._pass = iter(self.batches)
        batch = next(self._pass, _END)
        if batch is _END and self._endless and self._continues:
            self._pass = iter(self.batches)
            batch = next(self._pass, _END)
        return batch

    def _checked(self, number: int, batch: Any) -> Batch:
        """The batch as arrays that fit, with its weights."""
        name = f"{self.name}: batch {number}"
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            raise TypeError(f"{name}: got {kind_of(batch)}, needs (x, y) or (x, y, sample_weight)")
        x, y, *weight = batch
        samples = self.needs.take(name, x, y)
        table = table_of(name, samples, self.needs, self.class_weight)
        weights = Weights(name, samples, self.needs, weight[0] if weight else None, table)
        return samples.inputs(), samples.y, weights.of(slice(None), samples.y)
