"""Which constants of a graph are the same ones, and so which nodes compute the same of them."""

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np

from fastconv.interop.onnx.reading.graphs import Node
from fastconv.interop.onnx.reading.values import Constant, Value

Origin: TypeAlias = tuple[Hashable, ...]
"""Operation, attributes and constants of a node, or those of several that became one layer; () if unknown."""


class Origins:
    """Gives each constant a number: a tensor of the file has its own, what nodes compute that of its way.

    Nodes of one operation and the same attributes, which read the same constants, compute the same ones.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._of: dict[str, int] = {}

    def of(self, node: Node, inputs: Sequence[Value | None]) -> Origin:
        """The origin of what a node makes of these values, whatever data it reads."""
        known = zip(node.inputs, inputs, strict=True)
        constants = (self._number(name) if isinstance(value, Constant) else None for name, value in known)
        attributes = ((name, _plain(value)) for name, value in sorted(node.attributes.items()))
        return ((node.op, tuple(attributes), tuple(constants)),)

    def note(self, node: Node, inputs: Sequence[Value | None], origin: Origin) -> None:
        """Numbers what a node computes of constants alone; other nodes give constants of their own."""
        if inputs and all(isinstance(value, Constant) for value in inputs):
            for index, name in enumerate(node.outputs):
                self._of[name] = self._numbers.setdefault((origin, index), len(self._numbers))

    def _number(self, name: str) -> int:
        if name not in self._of:
            self._of[name] = self._numbers.setdefault(name, len(self._numbers))
        return self._of[name]


def _plain(value: Any) -> Hashable:
    """An attribute as a part of a key."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    return repr(value)
