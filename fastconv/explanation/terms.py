"""The sums behind small results, with the numbers in them: `dL/dW1[0,0] = 1*0.5 + 2*0 + 0*0 + 1*0 = 0.5`.

Only where a person would write them out: one image, one channel, few and short sums.
"""

from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.explanation.notation import Notation, d
from fastconv.explanation.numbers import plain, short
from fastconv.explanation.windows import windows
from fastconv.reference.pool import Windows, adaptive_windows, average_windows
from fastconv.types import Array

LINES = 9
"""More sums than these are not written out."""
TERMS = 6
"""Nor are longer ones; of more than four terms those that are 0 are left out first."""


@singledispatch
def forward_terms(layer: nn.Layer, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    """The sums of a layer's output, one line for each entry; nothing where they would be long."""
    return ()


@forward_terms.register
def _linear(layer: nn.Linear, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    if x.ndim != 2 or len(x) != 1 or x.size > TERMS or y.size > LINES:
        return ()
    bias = np.zeros(layer.out_features) if layer.bias is None else layer.bias
    return tuple(
        _sum(_entry(notation.output, (i,), y[0]), zip(layer.weight[i], x[0], strict=True), bias[i], y[0, i])
        for i in range(layer.out_features)
    )


@forward_terms.register
def _conv2d(layer: nn.Conv2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    seen = windows(layer, x, y)
    if seen is None or y.size > LINES or layer.weight.size > TERMS:
        return ()
    bias = 0.0 if layer.bias is None else layer.bias[0]
    weights = layer.weight.ravel()
    return tuple(
        _sum(_entry(notation.output, place, y[0, 0]), zip(seen[place].ravel(), weights, strict=True), bias, z)
        for place, z in np.ndenumerate(y[0, 0])
    )


@forward_terms.register
def _max_pool2d(layer: nn.MaxPool2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    seen = windows(layer, x, y)
    if seen is None or y.size > LINES or seen[0, 0].size > TERMS or _has_partial_windows(layer):
        return ()
    return tuple(
        f"{_entry(notation.output, place, y[0, 0])} = max({', '.join(map(plain, seen[place].ravel()))})"
        f" = {plain(z)}"
        for place, z in np.ndenumerate(y[0, 0])
    )


@forward_terms.register
def _avg_pool2d(layer: nn.AvgPool2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    return _means(average_windows(x.shape[2:], *layer.window), notation, x, y)


@forward_terms.register
def _adaptive_avg_pool2d(
    layer: nn.AdaptiveAvgPool2d, notation: Notation, x: Array, y: Array
) -> tuple[str, ...]:
    return _means(adaptive_windows(x.shape[2:], layer.output_size), notation, x, y)


def _means(axes: Windows, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    """Lines such as `P1[0,0] = (1 + 2 + 0.5 + 0) / 4 = 0.875`."""
    if x.shape[:2] != (1, 1) or y.size > LINES:
        return ()
    lines = []
    for place, z in np.ndenumerate(y[0, 0]):
        (top, bottom, high), (left, right, wide) = (axis[i] for axis, i in zip(axes, place, strict=True))
        pixels = x[0, 0, top:bottom, left:right]
        if pixels.size > TERMS:
            return ()
        total = " + ".join(map(short, pixels.ravel()))
        lines.append(f"{_entry(notation.output, place, y[0, 0])} = ({total}) / {high * wide} = {plain(z)}")
    return tuple(lines)


@singledispatch
def gradient_terms(
    layer: nn.Layer, notation: Notation, name: str, x: Array, dy: Array, gradient: Array
) -> tuple[str, ...]:
    """The sums of a gradient (of the parameter `name`, or "input"), one line for each entry."""
    return ()


@gradient_terms.register
def _conv2d_gradient(
    layer: nn.Conv2d, notation: Notation, name: str, x: Array, dy: Array, gradient: Array
) -> tuple[str, ...]:
    seen = windows(layer, x, dy)
    if seen is None or name != "weight" or gradient.size > LINES:
        return ()
    symbol, deltas = d(notation.parameters["weight"]), dy.ravel()
    lines = []
    for place, g in np.ndenumerate(gradient[0, 0]):
        pairs = list(zip(seen[(..., *place)].ravel(), deltas, strict=True))
        if len(pairs) > 4:
            pairs = [pair for pair in pairs if pair[0] and pair[1]]
        if len(pairs) > TERMS:
            return ()
        lines.append(_sum(_entry(symbol, place, gradient[0, 0]), pairs, 0.0, g))
    return tuple(lines)


def _sum(symbol: str, pairs: Iterable[Sequence[Any]], bias: Any, total: Any) -> str:
    """A line such as `Z1[0,0] = 1*0.5 + 2*(-1) + 0.1 = -1.4`."""
    products = [f"{short(a)}*{short(b)}" for a, b in pairs]
    if bias:
        products.append(short(bias))
    return f"{symbol} = {' + '.join(products) or '0'}" + (f" = {plain(total)}" if products else "")


def _entry(symbol: str, place: Sequence[int], array: Array) -> str:
    """The symbol with an index, or alone where the array has a single entry."""
    return f"{symbol}[{','.join(map(str, place))}]" if array.size > 1 else symbol


def _has_partial_windows(layer: nn.MaxPool2d) -> bool:
    return layer.ceil_mode or layer.padding != ((0, 0), (0, 0))
