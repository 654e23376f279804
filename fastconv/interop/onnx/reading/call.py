"""One node while it is read: its inputs, its attributes, and what it makes of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.graphs import Node
from fastconv.interop.onnx.reading.origins import Origin
from fastconv.interop.onnx.reading.values import Budget, Constant, Data, GraphError, Value
from fastconv.types import Array

MOST_NUMBERS = 64
"""The longest list of axes, sizes or steps."""


class Made(NamedTuple):
    """A layer in the model that is being made, what it reads, and the origin of its parameters."""

    layer: nn.Layer
    sources: tuple[Data, ...]
    origin: Origin = ()


class Making(Protocol):
    """What a node sees of the model that is being made."""

    batched: bool
    """Whether axis 0 of data is the batch; else all data is one sample, whose axis 0 is layers' axis 1."""
    batch: int | None
    """The size that the file states for the batch axis."""
    dtype: np.dtype[Any]
    budget: Budget

    def add(self, name: str, layer: nn.Layer, *sources: Data, origin: Origin = ()) -> Data:
        """What a layer gives for these; one of the same origin may take its place."""

    def made(self, data: Data) -> Made | None:
        """The layer that gives this; None of the input."""

    def read_once(self, name: str) -> bool:
        """Whether one node alone reads this name of the file."""


class Call:
    """A node with the values of its inputs, and the origin of what it makes."""

    def __init__(
        self,
        node: Node,
        opset: int,
        inputs: Sequence[Value | None],
        making: Making,
        origin: Origin = (),
    ) -> None:
        self.node, self.opset, self.inputs, self.making = node, opset, tuple(inputs), making
        self.origin = origin

    def refuse(self, got: object, needs: str) -> GraphError:
        """The error for a node that has no counterpart."""
        return GraphError(f"load: {self.node}: got {got}, needs {needs}")

    # Attributes

    def integer(self, name: str, default: int = 0) -> int:
        """An attribute that is a whole number."""
        value: int = self._attribute(name, default, int, "a whole number")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """An attribute that is 0 or 1."""
        return bool(self.integer(name, default))

    def number(self, name: str, default: float) -> float:
        """An attribute that is a number."""
        return float(self._attribute(name, default, (int, float), "a number"))

    def text(self, name: str, default: str) -> str:
        """An attribute that is a text."""
        value: str = self._attribute(name, default, str, "a text")
        return value

    def integers(self, name: str) -> list[int] | None:
        """An attribute that is a list of whole numbers; None where it is missing."""
        value: list[int] | None = self._attribute(name, None, (list, type(None)), "a list")
        return None if value is None else self._short(name, value)

    def tensor(self, name: str) -> Array | None:
        """An attribute that is a tensor; None where it is missing."""
        value: Array | None = self._attribute(name, None, (np.ndarray, type(None)), "a tensor")
        return value

    def _attribute(self, name: str, default: Any, kinds: Any, needs: str) -> Any:
        value = self.node.attributes.get(name, default)
        if not isinstance(value, kinds):
            raise self.refuse(f"{type(value).__name__} as {name}", needs)
        return value

    def known(self, data: Data, first: int = 0) -> tuple[int, ...]:
        """The sizes of axes from one on; ValueError where one of them is open."""
        self.rank(data)
        sizes = (data.known() or ())[first:]
        if None in sizes:
            raise self.refuse(f"data of sizes {sizes}", "known ones; a file with a fixed size would fit")
        return tuple(size for size in sizes if size is not None)

    def _short(self, name: str, values: list[Any]) -> list[int]:
        if len(values) > MOST_NUMBERS or not all(isinstance(value, int) for value in values):
            raise self.refuse(f"{len(values)} numbers as {name}", f"at most {MOST_NUMBERS} whole ones")
        return values

    # Inputs

    def has(self, index: int) -> bool:
        """Whether this input is there."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def data(self, index: int = 0) -> Data:
        """An input that depends on the model's input."""
        value = self.inputs[index] if self.has(index) else None
        if not isinstance(value, Data):
            what = "nothing" if value is None else "a constant"
            raise self.refuse(f"{what} as input {index}", "what depends on the model's input")
        return value

    def constant(self, index: int) -> Array | None:
        """An input that does not depend on the model's input; None where it is missing."""
        if not self.has(index):
            return None
        value = self.inputs[index]
        if not isinstance(value, Constant):
            raise self.refuse(f"input {index} computed from the model's input", "a constant")
        if not value.known:
            needs = "one that does not; a file with a fixed size of its input would fit"
            raise self.refuse(f"input {index} that depends on the size of the model's input", needs)
        return value.first

    def parameter(self, index: int) -> Array | None:
        """A constant input in the model's type."""
        value = self.constant(index)
        if value is not None and value.dtype.kind != "f":
            raise self.refuse(f"{value.dtype} as input {index}", "floats")
        return None if value is None else value.astype(self.making.dtype, copy=False)

    def weight(self, index: int, axes: tuple[int, ...]) -> Array:
        """A constant input with so many axes, or one of so many, that has to be there."""
        value = self.parameter(index)
        if value is None or value.ndim not in axes or 0 in value.shape:
            got = "nothing" if value is None else f"shape {value.shape}"
            raise self.refuse(f"{got} as input {index}", f"{' or '.join(map(str, axes))} axes, none empty")
        return value

    def scalar(self, index: int, default: float) -> float:
        """A constant input of one number."""
        value = self.constant(index)
        if value is None:
            return default
        if value.size != 1:
            raise self.refuse(f"shape {value.shape} as input {index}", "one number")
        return float(value.reshape(()))

    def sizes(self, index: int) -> list[int] | None:
        """A constant input of whole numbers as a list; None where it is missing."""
        value = self.constant(index)
        if value is None:
            return None
        if value.dtype.kind not in "iu" or value.ndim > 1:
            raise self.refuse(f"{value.dtype} of shape {value.shape} as input {index}", "whole numbers")
        return self._short(f"input {index}", value.ravel().tolist())

    def either(self, name: str, index: int) -> list[int] | None:
        """Whole numbers that an attribute holds, or an input in newer opsets."""
        given = self.integers(name)
        return self.sizes(index) if given is None else given

    # Axes

    def rank(self, data: Data) -> int:
        """The number of axes; ValueError where it is not known."""
        if data.rank is None:
            needs = "known ones; a file with a fixed size of its input would fit"
            raise self.refuse("data of unknown axes", needs)
        return data.rank

    def axis(self, value: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= value < rank:
            raise self.refuse(f"axis {value}", f"one of {rank} axes")
        return value % rank

    def dim(self, value: int, rank: int) -> int:
        """The axis that layers know as this one, counted from the front; ValueError for the batch's."""
        axis = self.axis(value, rank) + (not self.making.batched)
        if axis == 0:
            raise self.refuse("axis 0, the batch's", "an axis of a sample")
        return axis

    def images(self, data: Data, axes: tuple[int, ...] = (1, 2)) -> int:
        """The number of axes behind batch and channels."""
        count = self.rank(data) - 2
        if not self.making.batched or count not in axes:
            fits = " or ".join(map(str, axes))
            raise self.refuse(f"{count} spatial axes", f"a batch with {fits}")
        return count

    # Layers

    def add(self, layer: nn.Layer, *sources: Data) -> Data:
        """What a layer gives for these."""
        return self.making.add(self.node.name, layer, *sources, origin=self.origin)

    def replace(self, made: Made, layer: nn.Layer) -> Data:
        """What a layer gives that this node makes of one before it, in its place."""
        origin = (*made.origin, *self.origin) if made.origin else ()
        return self.making.add(self.node.name, layer, *made.sources, origin=origin)

    def chain(self, data: Data, *layers: nn.Layer) -> Data:
        """What layers give one after the other."""
        for layer in layers:
            data = self.add(layer, data)
        return data


def fill(layer: nn.Layer, **arrays: Array | None) -> nn.Layer:
    """The layer with these parameters and buffers, those that it has."""
    state = {**layer.parameters(), **layer.buffers()}
    for name, array in arrays.items():
        if array is not None:
            state[name][...] = array
    return layer


def frozen(layer: nn.Layer, **arrays: Array | float | None) -> nn.Layer:
    """The same, and training leaves them as they are: numbers that belong to the operation."""
    fill(layer, **arrays)  # type: ignore[arg-type]
    layer.freeze()
    return layer
