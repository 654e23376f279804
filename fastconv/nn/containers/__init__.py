"""Layers made of layers: one after the other, beside a shortcut, side by side, or in any order."""

from fastconv.nn.containers.concat import Concat
from fastconv.nn.containers.concatenate import Concatenate
from fastconv.nn.containers.elementwise import Add, Divide, Maximum, Minimum, Multiply, Subtract
from fastconv.nn.containers.graph import Graph
from fastconv.nn.containers.residual import Residual
from fastconv.nn.containers.sequential import Sequential

__all__ = [
    "Add",
    "Concat",
    "Concatenate",
    "Divide",
    "Graph",
    "Maximum",
    "Minimum",
    "Multiply",
    "Residual",
    "Sequential",
    "Subtract",
]
