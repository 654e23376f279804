"""The graph that is written: nodes and constant arrays by name, as ONNX wants them, without the package."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastconv.types import Array, Shape

OUTPUT = "output"
"""The name of the graph's output."""


@dataclass
class Node:
    """An operator with its name, what it reads, what it writes and its attributes."""

    operator: str
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


@dataclass
class Graph:
    """Nodes in the order in which they run, and the arrays that they read beside the input.

    `named` has the name in the file of each parameter and buffer, by its id; `taken` the names that are given
    to values already, those of all parameters and layers included; `shapes` the shape of a sample of the
    input and of each layer's output.
    """

    opset: int
    dtype: np.dtype[Any]
    named: dict[int, str]
    taken: set[str]
    nodes: list[Node] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)

    def fresh(self, name: str) -> str:
        """This name, or where it is taken one made of it, which is taken from now on."""
        numbered = (f"{name}_{number}" for number in itertools.count(1))
        found = next(each for each in itertools.chain([name], numbered) if each not in self.taken)
        self.taken.add(found)
        return found


class Place:
    """Where one layer writes: its nodes and constants get names that begin with the layer's.

    **Arguments:**

    - `graph`: what is written.
    - `name`: the layer's name in the model.
    - `shapes`: of a sample of each of its inputs.
    """

    def __init__(self, graph: Graph, name: str, shapes: list[Shape]) -> None:
        self.graph, self.name, self.shapes = graph, name, shapes
        self.shape = shapes[0]
        self.opset, self.dtype = graph.opset, graph.dtype

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node, and returns the name of its output. Attributes that are None are left out."""
        name = self.graph.fresh(f"{self.name}/{operator}")
        given = {key: value for key, value in attributes.items() if value is not None}
        self.graph.nodes.append(Node(operator, name, inputs, name, given))
        return name

    def parameter(self, array: Array) -> str:
        """The name of a parameter or buffer of the layer."""
        name = self.graph.named[id(array)]
        self.graph.arrays[name] = array
        return name

    def constant(self, label: str, array: Array) -> str:
        """The name of an array that is none of the layer's own."""
        name = self.graph.fresh(f"{self.name}/{label}")
        self.graph.arrays[name] = array
        return name

    def numbers(self, label: str, values: Any) -> str:
        """A number or several, in the type of the model; what is beyond it becomes infinite."""
        with np.errstate(over="ignore"):
            return self.constant(label, np.asarray(values).astype(self.dtype))

    def integers(self, label: str, *values: int) -> str:
        """Integers as a vector: sizes, axes, positions."""
        return self.constant(label, np.array(values, np.int64))
