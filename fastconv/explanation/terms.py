"""The sums behind small results, with the numbers in them: `dL/dW1[0,0] = 1*0.5 + 2*0 + 0*0 + 1*0 = 0.5`.

Only where a person would write them out: one image, one channel, few and short sums.
"""

import math
from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.explanation.notation import Notation
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
def _conv(layer: nn.Conv1d | nn.Conv2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
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
def _conv_transpose2d(layer: nn.ConvTranspose2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    numbers = np.arange(1, y.size + 1).reshape(y.shape)
    seen = windows(layer, numbers, x)  # to which output each pixel goes by each weight
    if seen is None or y.size > LINES or max(np.unique(seen[seen > 0], return_counts=True)[1]) > TERMS:
        return ()
    bias = 0.0 if layer.bias is None else layer.bias[0]
    weights = np.broadcast_to(layer.weight[0, 0], seen.shape)
    pixels = np.broadcast_to(x[0, 0, :, :, None, None], seen.shape)
    lines = []
    for place, number in np.ndenumerate(numbers[0, 0]):
        pairs = zip(pixels[seen == number], weights[seen == number], strict=True)
        lines.append(_sum(_entry(notation.output, place, y[0, 0]), pairs, bias, y[(0, 0, *place)]))
    return tuple(lines)


@forward_terms.register
def _max_pool(layer: nn.MaxPool1d | nn.MaxPool2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    seen = windows(layer, x, y)
    taps = math.prod(layer.kernel_size)
    if seen is None or y.size > LINES or taps > TERMS or _has_partial_windows(layer):
        return ()
    return tuple(
        f"{_entry(notation.output, place, y[0, 0])} = max({', '.join(map(plain, seen[place].ravel()))})"
        f" = {plain(z)}"
        for place, z in np.ndenumerate(y[0, 0])
    )


@forward_terms.register
def _adaptive_max_pool2d(
    layer: nn.AdaptiveMaxPool2d, notation: Notation, x: Array, y: Array
) -> tuple[str, ...]:
    found = _pixels(adaptive_windows(x.shape[2:], layer.output_size), x, y)
    return tuple(
        f"{_entry(notation.output, place, y[0, 0])} = max({', '.join(map(plain, pixels))})"
        f" = {plain(y[(0, 0, *place)])}"
        for place, pixels, _ in found
    )


@forward_terms.register
def _avg_pool(layer: nn.AvgPool1d | nn.AvgPool2d, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    if isinstance(layer.padding, str):
        return ()
    kernel, stride, padding, *others = layer.window
    if len(kernel) == 1:
        kernel, stride, padding = (1, *kernel), (1, *stride), ((0, 0), *padding)
    image = (1, *x.shape[2:])[-2:]
    return _means(average_windows(image, kernel, stride, padding, *others), notation, x, y)


@forward_terms.register
def _adaptive_avg_pool(
    layer: nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d, notation: Notation, x: Array, y: Array
) -> tuple[str, ...]:
    rows, columns = (1, *layer.output_size)[-2:]
    return _means(adaptive_windows((1, *x.shape[2:])[-2:], (rows, columns)), notation, x, y)


def _means(axes: Windows, notation: Notation, x: Array, y: Array) -> tuple[str, ...]:
    """Lines such as `P1[0,0] = (1 + 2 + 0.5 + 0) / 4 = 0.875`."""
    return tuple(
        f"{_entry(notation.output, place, y[0, 0])} = {_mean(pixels, divisor)} = {plain(y[(0, 0, *place)])}"
        for place, pixels, divisor in _pixels(axes, x, y)
    )


def _pixels(axes: Windows, x: Array, y: Array) -> list[tuple[tuple[int, ...], Array, int]]:
    """For each output of an image or a signal: its place, what its window sees, and by what that is divided.

    Nothing where there is more than can be written out.
    """
    if x.shape[:2] != (1, 1) or y.size > LINES:
        return []
    found = []
    for place in np.ndindex(y.shape[2:]):
        spans = [axis[i] for axis, i in zip(axes, (0, *place)[-2:], strict=True)]
        pixels = x[0, 0][tuple(slice(first, last) for first, last, _ in spans[2 - len(place) :])].ravel()
        found.append((place, pixels, math.prod(span[2] for span in spans)))
    return found if max((pixels.size for _, pixels, _ in found), default=0) <= TERMS else []


def _mean(values: Iterable[Any], count: int) -> str:
    return f"({' + '.join(map(short, values))}) / {count}"


@singledispatch
def gradient_terms(
    layer: nn.Layer, symbol: str, name: str, x: Array, dy: Array, gradient: Array
) -> tuple[str, ...]:
    """The sums of a gradient (of the parameter `name`, or "input"), one line for each entry."""
    return ()


@gradient_terms.register
def _conv_gradient(
    layer: nn.Conv1d | nn.Conv2d, symbol: str, name: str, x: Array, dy: Array, gradient: Array
) -> tuple[str, ...]:
    seen = windows(layer, x, dy)
    if seen is None or name != "weight" or gradient.size > LINES:
        return ()
    deltas = dy.ravel()
    lines = []
    for place, g in np.ndenumerate(gradient[0, 0]):
        pairs = list(zip(seen[(..., *place)].ravel(), deltas, strict=True))
        if len(pairs) > 4:
            pairs = [pair for pair in pairs if pair[0] and pair[1]]
        if len(pairs) > TERMS:
            return ()
        lines.append(_sum(_entry(symbol, place, gradient[0, 0]), pairs, 0.0, g))
    return tuple(lines)


@gradient_terms.register
def _conv_transpose2d_gradient(
    layer: nn.ConvTranspose2d, symbol: str, name: str, x: Array, dy: Array, gradient: Array
) -> tuple[str, ...]:
    seen = windows(layer, dy, x)
    if seen is None or name != "weight" or gradient.size > LINES or x.size > TERMS:
        return ()
    return tuple(
        _sum(
            _entry(symbol, place, gradient[0, 0]),
            zip(x.ravel(), seen[(..., *place)].ravel(), strict=True),
            0.0,
            g,
        )
        for place, g in np.ndenumerate(gradient[0, 0])
    )


def mean_terms(symbol: str, rows: Array, means: Array) -> tuple[str, ...]:
    """Lines such as `mu1[0] = (1 + 2 + 3) / 3 = 2`: the means of the rows."""
    if means.size > LINES or rows.shape[-1] > TERMS:
        return ()
    return tuple(
        f"{_entry(symbol, place, means)} = {_mean(row, len(row))} = {plain(mean)}"
        for (place, mean), row in zip(np.ndenumerate(means), rows, strict=True)
    )


def total_terms(symbol: str, parts: Sequence[Array], whole: Array) -> tuple[str, ...]:
    """Lines such as `dL/dX[0,1] = 0.5 + (-0.25) = 0.25`, which add up the parts of a gradient."""
    if whole.size > LINES or len(parts) > TERMS:
        return ()
    kept = whole.shape
    while len(kept) > 1 and kept[0] == 1:
        kept = kept[1:]
    lines = []
    for place, z in np.ndenumerate(whole.reshape(kept)):
        addends = " + ".join(short(part.reshape(kept)[place]) for part in parts)
        lines.append(f"{_entry(symbol, place, whole)} = {addends} = {plain(z)}")
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


def _has_partial_windows(layer: nn.MaxPool1d | nn.MaxPool2d) -> bool:
    padded = isinstance(layer.padding, str) or any(map(any, layer.padding))
    return layer.ceil_mode or padded
