"""Layers made of layers: one after the other, beside a shortcut, side by side, or in any order."""

from fastconv.nn.containers.concat import Concat
from fastconv.nn.containers.graph import Graph
from fastconv.nn.containers.joins import Add, Concatenate
from fastconv.nn.containers.residual import Residual
from fastconv.nn.containers.sequential import Sequential

__all__ = ["Add", "Concat", "Concatenate", "Graph", "Residual", "Sequential"]
