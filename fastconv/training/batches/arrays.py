"""Batches of arrays."""

import copy
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.training.batches import splits
from fastconv.training.batches.needs import Batch, Needs, Part, Samples
from fastconv.training.batches.weights import ClassWeight, Weights, classes_of, table_of
from fastconv.types import Indices


class ArrayBatches:
    """Arrays (N, ...) cut into batches of `batch_size`, the last of which may be smaller.

    Of x no more than a batch is read or copied at a time, so that it may be a memory map larger than memory.
    Where `rows` are given, only these samples are there.
    """

    def __init__(
        self,
        name: str,
        samples: Samples,
        batch_size: int,
        needs: Needs,
        sample_weight: Any = None,
        class_weight: ClassWeight | None = None,
        rows: Indices | None = None,
    ) -> None:
        self.name, self.samples, self.needs, self.rows = name, samples, needs, rows
        self.batch_size = validate.integer(name, "batch_size", batch_size)
        self._class_weight = class_weight
        trained = samples if rows is None else samples._replace(y=samples.y[rows])
        table = table_of(name, trained, needs, class_weight)
        self._weights = Weights(name, samples, needs, sample_weight, table)

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(self.samples.y) if self.rows is None else len(self.rows)

    @property
    def length(self) -> int:
        """The number of batches in an epoch."""
        return math.ceil(self.count / self.batch_size)

    def epoch(self, rng: np.random.Generator | None = None, part: Part | None = None) -> Iterator[Batch]:
        """All batches once, shuffled by `rng` where there is one; of each those samples that `part` names."""
        order = self.rows
        if rng is not None:
            order = rng.permutation(self.count)
            order = order if self.rows is None else self.rows[order]
        for start in range(0, self.count, self.batch_size):
            batch: Any = slice(start, min(start + self.batch_size, self.count))
            if part is not None:
                own = part(batch.stop - start)
                batch = slice(start + own.start, start + own.stop)
            if order is not None:
                batch = order[batch]
            y = self.samples.y[batch]
            yield self.samples.inputs(batch), y, self._weights.of(batch, y)

    def split(
        self, fraction: float, batch_size: int, mode: str = "last", seed: int | None = 0
    ) -> tuple["ArrayBatches", "ArrayBatches"]:
        """The samples without a `fraction` of them; and these, in batches of `batch_size`.

        `mode` is one of `splits.MODES`. Class weights are for training: the validation has none.
        """
        at = splits.training_part(self.count, fraction)
        if not 0 < at < self.count:
            needs = "at least one sample on each side"
            raise ValueError(
                f"{self.name}: validation_split: got {fraction} of {self.count} samples, needs {needs}"
            )
        if mode == "last":
            return self._of(slice(at), self.batch_size, True), self._of(slice(at, None), batch_size, False)
        # No epoch has this stream: theirs begin with seed and epoch, and at most a batch follows.
        rng = np.random.default_rng(None if seed is None else (seed, 0, 0, 1))
        if mode == "shuffle":
            parts = splits.shuffled(self.count, at, rng)
        else:
            parts = splits.stratified(self._classes(), at, rng)
        return self._rows(parts[0], self.batch_size, True), self._rows(parts[1], batch_size, False)

    def head(self) -> Iterator[Batch]:
        """The first sample alone: enough to see whether loss and metrics take the data."""
        first = slice(1) if self.rows is None else slice(self.rows[0], self.rows[0] + 1)
        return self._of(first, 1, False).epoch()

    def skip(self, epochs: int) -> None:
        """Nothing: each epoch has all samples."""

    def check_last(self, shards: int = 1) -> None:
        """ValueError where a batch or one of its shards has one sample and a batch norm needs more.

        One sample shows it, on a copy of the model: layers that take statistics have buffers.
        """
        model, size, last = self.needs.model, min(self.batch_size, self.count), self.count % self.batch_size
        if all(samples // shards > 1 for samples in (size, last or size)) or not model.buffers():
            return
        try:
            copy.deepcopy(model).forward(self.samples.inputs(slice(1)), training=True)
        except ValueError as error:
            what = "the last batch" if shards == 1 else f"one of {shards} shards of a batch"
            got = f"{self.batch_size} for {self.count} samples, which leaves one for {what}"
            needs = f"another size ({error})"
            raise ValueError(f"{self.name}: batch_size: got {got}, needs {needs}") from None

    def _classes(self) -> Any:
        """The class of each sample; ValueError where it has none or several."""
        classes = classes_of(self.name, "validation_split_mode", self.samples.y, self.needs)
        if classes.ndim > 1:
            got = f"targets of shape {self.samples.y.shape}"
            raise ValueError(f"{self.name}: validation_split_mode: got {got}, needs one class a sample")
        return classes

    def _of(self, rows: slice, batch_size: int, weighted: bool) -> "ArrayBatches":
        """Batches of these samples alone."""
        weight = self._weights.part(rows)
        by_class = self._class_weight if weighted else None
        return ArrayBatches(self.name, self.samples.part(rows), batch_size, self.needs, weight, by_class)

    def _rows(self, rows: Indices, batch_size: int, weighted: bool) -> "ArrayBatches":
        """The same, of samples that are not next to each other: x stays where it is."""
        weight = self._weights.part(slice(None))
        by_class = self._class_weight if weighted else None
        return ArrayBatches(self.name, self.samples, batch_size, self.needs, weight, by_class, rows)
