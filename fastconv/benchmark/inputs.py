"""The arrays of a row: the same numbers in every process, drawn from the row's own line."""

import math
import zlib
from collections.abc import Sequence

import numpy as np

from fastconv.benchmark.rows import POOLS, Row
from fastconv.types import Array, Shape

LEARNING_RATE = 0.05
MOMENTUM = 0.9
"""Of the optimizers."""


def arrays(row: Row, which: str) -> dict[str, Array]:
    """The operands of one pass by name: logically (N, C, H, W), C-contiguous, float32, labels int64.

    Standard normal numbers; weights are scaled so that the output has about the magnitude of the input.
    """
    return {name: _draw(row, name, shape) for name, shape in _shapes(row, which).items()}


def parameters(row: Row, kind: str) -> list[Array]:
    """The arrays of an optimizer's row; `kind` is "parameter" or "gradient"."""
    return [_draw(row, f"{kind} {number}", shape) for number, shape in enumerate(row.shapes)]


def seed(row: Row, name: str) -> Sequence[int]:
    """Start of the random numbers of one array: row and name alone decide it."""
    return [zlib.crc32(row.line.encode()), zlib.crc32(name.encode())]


def _shapes(row: Row, which: str) -> dict[str, Shape]:
    if row.kind == "conv":
        filters, *taps = row.layer
        batch, channels = row.size[:2]
        return _three(
            row, which, row.size, (filters, channels // row.groups, *taps), (batch, filters, *row.outer)
        )
    if row.kind == "dense":
        batch, inputs = row.size
        return _three(row, which, row.size, (row.layer[0], inputs), (batch, row.layer[0]))
    shapes = {"input": row.size}
    if row.kind == "cross_entropy":
        shapes["target"] = row.size[:1]
    elif which == "input":
        shapes["grad_output"] = (*row.size[:2], *row.outer) if row.kind in POOLS else row.size
    return shapes


def _three(row: Row, which: str, input: Shape, weight: Shape, output: Shape) -> dict[str, Shape]:
    """The operands of a pass of a layer with weights."""
    if which == "input":
        return {"weight": weight, "grad_output": output}
    if which == "weight":
        return {"input": input, "grad_output": output}
    bias = {"bias": weight[:1]} if row.option("bias") else {}
    return {"input": input, "weight": weight, **bias}


def _draw(row: Row, name: str, shape: Shape) -> Array:
    rng = np.random.default_rng(seed(row, name))
    if name == "target":
        return rng.integers(0, row.size[1], shape)
    values = rng.standard_normal(shape, np.float32)
    if name == "weight":
        values /= np.float32(math.sqrt(math.prod(shape[1:])))
    return values
