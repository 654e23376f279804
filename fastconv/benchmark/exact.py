"""Parts of a row's result by the reference, in float64: small enough to be had for any layer.

Of images: the last image and the last channels, so that the edges of a kernel are among them.
"""

import math
from typing import NamedTuple

import numpy as np

from fastconv import reference
from fastconv.benchmark import inputs, networks
from fastconv.benchmark.rows import Row
from fastconv.types import Array

SOME = 4
"""Rows and columns of a dense layer, rows of a softmax that are compared."""


class Part(NamedTuple):
    """The wanted values of `arrays[number][edge]`, arrays being those of a task."""

    number: int
    edge: tuple[slice, ...]
    values: Array


def parts(row: Row, which: str) -> list[Part]:
    """What the reference finds for a part of the result of one pass."""
    if row.kind in ("sgd", "adam"):
        return _optimizer(row)
    if row.kind == "network":
        return [Part(0, *networks.expected(row, which))]
    a = {
        name: array.astype(np.float64) if array.dtype == np.float32 else array
        for name, array in inputs.arrays(row, which).items()
    }
    if row.kind == "conv":
        return [_conv(row, which, a)]
    if row.kind == "dense":
        return [_dense(which, a)]
    if row.kind == "max_pool":
        return _max_pool(row, which, a)
    if row.kind == "avg_pool":
        return [_avg_pool(row, which, a)]
    if row.kind == "adaptive_avg_pool":
        return [_adaptive_avg_pool(row, which, a)]
    if row.kind == "cross_entropy":
        return _cross_entropy(which, a["input"], a["target"])
    return [_activation(row, which, a)]


def error(arrays: list[Array], wanted: list[Part]) -> float:
    """The largest difference from the wanted values, relative to their root mean square; NaN counts."""
    worst = 0.0
    for part in wanted:
        got = arrays[part.number][part.edge]
        if got.shape != part.values.shape:
            return math.inf
        scale = math.sqrt(float(np.mean(np.square(part.values)))) or 1.0
        difference = float(np.max(np.abs(got - part.values))) / scale
        worst = max(worst, math.inf if math.isnan(difference) else difference)
    return worst


def _last(count: int) -> slice:
    return slice(-count, None)


def _conv(row: Row, which: str, a: dict[str, Array]) -> Part:
    """Two channels or filters of the last group; of the last image, where images stay apart."""
    channels, filters = row.size[1] // row.groups, row.layer[0] // row.groups
    some_c, some_k = _last(min(2, channels)), _last(min(2, filters))
    options = (row.stride, row.option("padding"), row.option("dilation", 1))
    if which == "forward":
        bias = a["bias"][some_k] if "bias" in a else None
        y = reference.conv2d(a["input"][-1:, _last(channels)], a["weight"][some_k], bias, *options)
        return Part(0, (_last(1), some_k), y)
    if which == "input":
        weight, dy = a["weight"][_last(filters), some_c], a["grad_output"][-1:, _last(filters)]
        size = (1, weight.shape[1], *row.size[2:])
        return Part(0, (_last(1), some_c), reference.conv2d_input(size, weight, dy, *options))
    x, dy = a["input"][:, some_c], a["grad_output"][:, some_k]
    size = (dy.shape[1], x.shape[1], *row.layer[1:])
    return Part(0, (some_k, some_c), reference.conv2d_weight(x, size, dy, *options))


def _dense(which: str, a: dict[str, Array]) -> Part:
    some = _last(SOME)
    if which == "forward":
        bias = a["bias"][some] if "bias" in a else None
        values = reference.linear(a["input"][some], a["weight"][some], bias)
    elif which == "input":
        values = reference.linear_input(a["weight"][:, some], a["grad_output"][some])
    else:
        values = reference.linear_weight(a["input"][:, some], a["grad_output"][:, some])
    return Part(0, (some, some), values)


def _max_pool(row: Row, which: str, a: dict[str, Array]) -> list[Part]:
    edge = (_last(1), _last(2))
    x = a["input"][edge]
    height, width = row.layer
    y, indices = reference.max_pool2d(
        x, (height, width), row.stride, row.option("padding"), return_indices=True
    )
    if which == "forward":
        return [Part(0, edge, y), Part(1, edge, indices)]
    return [Part(0, edge, np.asarray(reference.max_pool2d_input(a["grad_output"][edge], indices, x.shape)))]


def _avg_pool(row: Row, which: str, a: dict[str, Array]) -> Part:
    edge = (_last(1), _last(2))
    x = a["input"][edge]
    height, width = row.layer
    window = (height, width), row.stride, row.option("padding")
    if which == "forward":
        return Part(0, edge, reference.avg_pool2d(x, *window))
    return Part(0, edge, reference.avg_pool2d_input(a["grad_output"][edge], x.shape, *window))


def _adaptive_avg_pool(row: Row, which: str, a: dict[str, Array]) -> Part:
    edge = (_last(1), _last(2))
    x = a["input"][edge]
    height, width = row.layer
    if which == "forward":
        return Part(0, edge, reference.adaptive_avg_pool2d(x, (height, width)))
    return Part(0, edge, reference.adaptive_avg_pool2d_input(a["grad_output"][edge], x.shape))


def _cross_entropy(which: str, x: Array, target: Array) -> list[Part]:
    loss = Part(0, (), np.asarray(reference.cross_entropy(x, target)))
    if which == "forward":
        return [loss]
    return [loss, Part(1, (), np.asarray(reference.cross_entropy_input(x, target)))]


def _activation(row: Row, which: str, a: dict[str, Array]) -> Part:
    edge = (_last(SOME),)
    dim = (1,) if row.kind == "softmax" else ()
    y = getattr(reference, row.kind)(a["input"][edge], *dim)
    if which == "forward":
        return Part(0, edge, y)
    return Part(0, edge, getattr(reference, f"{row.kind}_input")(y, a["grad_output"][edge], *dim))


def _optimizer(row: Row) -> list[Part]:
    """The last two arrays after one step."""
    first = max(0, len(row.shapes) - 2)
    p, g = (
        [array.astype(np.float64) for array in inputs.parameters(row, kind)[first:]]
        for kind in ("parameter", "gradient")
    )
    one, two = ([np.zeros_like(array) for array in p] for _ in range(2))
    if row.kind == "sgd":
        reference.sgd(p, g, one, inputs.LEARNING_RATE, inputs.MOMENTUM, first=True)
    else:
        reference.adam(p, g, one, two, 1, inputs.LEARNING_RATE, 0.9, 0.999, 1e-8)
    return [Part(first + number, (), array) for number, array in enumerate(p)]
