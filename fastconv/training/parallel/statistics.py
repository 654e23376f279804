"""The statistics that layers keep: each shard moves them by its own, and they move to the mean of that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from fastconv import nn
from fastconv.types import Array


class Statistics:
    """The buffers of a model that training moves; integers, which count steps, are summed as float64."""

    def __init__(self, model: nn.Layer) -> None:
        kept = {
            id(array) for layer in model.modules() if layer._is_frozen() for array in layer._buffers.values()
        }
        self._arrays = {name: array for name, array in model.buffers().items() if id(array) not in kept}

    @contextmanager
    def restored(self) -> Iterator[Callable[[], dict[str, Array]]]:
        """For a `with` block a function that gives what a shard has moved, and restores what was before."""
        before = {name: array.copy() for name, array in self._arrays.items()}

        def moved() -> dict[str, Array]:
            found = self.values()
            self._put(before)
            return found

        try:
            yield moved
        finally:
            self._put(before)

    def values(self) -> dict[str, Array]:
        """Copies, of floats."""
        return {
            name: array.astype(array.dtype if array.dtype.kind == "f" else np.float64)
            for name, array in self._arrays.items()
        }

    def set_mean(self, sums: dict[str, Array], shards: int) -> None:
        """Moves them to the mean over so many shards."""
        self._put({name: array / shards for name, array in sums.items()})

    def _put(self, values: dict[str, Array]) -> None:
        for name, array in values.items():
            self._arrays[name][...] = array
