"""Central differences of a model's loss in float64, and what they say of a gradient.

(L(v + h) - L(v - h)) / 2h is dL/dv up to h^2 where L is smooth. A ReLU at 0 and two equal maxima of a pooling
window are kinks: there L has no derivative and the difference means nothing. They are told from an error by
the pieces that L is made of: which ReLUs pass, and which entry wins each window. Where a step of h changes
that, a smaller one is tried; where that changes it too, and the difference is not the gradient, the entry
sits on a kink.
"""

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastconv import functional as F
from fastconv import nn
from fastconv.backends import backend
from fastconv.explanation.losses import Inner
from fastconv.explanation.steps import Check
from fastconv.types import Array, Indices

EVERY_ENTRY = 64
"""Gradients of at most so many entries are checked in full, of larger ones, and in large models, a sample."""
SAMPLES = (4, 16)
"""The least and the usual sample: large models get less, to stay within `BUDGET` multiplications."""
BUDGET = 2**31
STEPS = (1e-5, 1e-7)
TOLERANCE = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-6}
HOPELESS = 0.05
"""A check that could not see a relative error of this size is not one."""

Losses = Callable[[Array], tuple[Array, Array]]
"""Maps variants (K, *shape) of a value to their losses (K,), and to whether each is on the same piece."""


class Differences:
    """The loss as a function of any value or parameter on the way, from the numbers of one explained pass.

    inputs: what entered each layer, then the output of the last. Runs on the reference backend.
    """

    def __init__(
        self, layers: Sequence[nn.Layer], loss: nn.Loss, inputs: Sequence[Array], y: Array, gradient: Array
    ) -> None:
        self._layers = [_in_float64(layer) for layer in layers]
        self._loss = loss
        self._inputs = [value.astype(np.float64) for value in inputs]
        self._y = y.astype(np.float64) if np.issubdtype(y.dtype, np.floating) else y
        self._dtype = inputs[-1].dtype
        output = self._inputs[-1]
        with backend("reference"):
            self._pieces = [_piece(layer, value) for layer, value in zip(layers, inputs, strict=False)]
            largest = float(np.abs(output).max(initial=0.0))
            self._magnitude = max(abs(loss(output, self._y)), largest)
        passes = 4 * len(layers)
        cost = passes * sum(
            n.multiply_adds(v.shape[1:]) * len(v) for n, v in zip(layers, inputs, strict=False)
        )
        self._samples = int(np.clip(BUDGET // max(1, cost), *SAMPLES))
        # A saturated loss (P - onehot(y) near 0) is what is left of numbers near 1, and every gradient behind
        # it has inherited its rounding.
        terms = len(output) if loss.reduction == "mean" else 1
        left = float(np.abs(gradient).max(initial=0.0)) * terms
        rounding = 64 * float(np.finfo(self._dtype).eps) * max(1.0, largest)
        self._rounding = rounding / left if left else math.inf

    def of_value(self, index: int, gradient: Array) -> Check:
        """The check of dL/d(input of layer `index`); the number of layers stands for the last output."""
        return self._check(gradient, self._inputs[index], lambda variants: self._losses(index, variants))

    def of_parameter(self, index: int, name: str, gradient: Array) -> Check:
        """The check of the gradient of a parameter of layer `index`."""
        layer, x = self._layers[index], self._inputs[index]
        array = layer.parameters()[name]
        own = array.copy()

        def losses(variants: Array) -> tuple[Array, Array]:
            outputs = []
            for variant in variants:
                array[...] = variant
                outputs.append(layer(x))
            array[...] = own
            return self._losses(index + 1, np.stack(outputs))

        return self._check(gradient, own, losses)

    def of_inner(self, inner: Inner) -> Check | None:
        """The check of a probability's gradient inside the loss; None where it has been rounded to 0 or 1."""
        if inner.back is None or not np.isfinite(inner.back.value).all():
            return None
        output, index = inner.back.output, len(self._layers)
        value = inner.value.astype(np.float64)
        room = np.minimum(value, 1 - value)
        return self._check(inner.back.value, value, lambda v: self._losses(index, output(v)), room)

    def _check(self, gradient: Array, value: Array, losses: Losses, reach: Array | None = None) -> Check:
        entries = _entries(gradient, self._samples)
        analytic = gradient.astype(np.float64).ravel()[entries]
        reach = (np.maximum(1, np.abs(value)) if reach is None else reach).ravel()[entries]
        numeric, noise = np.zeros(len(entries)), np.zeros(len(entries))
        compared = np.zeros(len(entries), dtype=bool)
        size = float(np.abs(gradient).max(initial=0.0))
        todo = np.arange(len(entries))
        for step in STEPS:
            h = step * reach[todo]
            with backend("reference"):
                found, smooth = _central(losses, value, entries[todo], h)
            rounding = 16 * np.finfo(np.float64).eps * self._magnitude / h
            size = max(size, float(np.abs(found[smooth]).max(initial=0.0)))
            off = np.abs(found - analytic[todo])
            near = off <= TOLERANCE[self._dtype] * size + rounding
            closer = ~compared[todo] | (off < np.abs(numeric[todo] - analytic[todo]))
            better = near | (smooth & closer)
            numeric[todo[better]], noise[todo[better]] = found[better], rounding[better]
            compared[todo[better]] = True
            todo = todo[~near]
            if not len(todo):
                break
        return self._judge(
            analytic[compared], numeric[compared], noise[compared], size, gradient, len(entries)
        )

    def _judge(
        self, analytic: Array, numeric: Array, noise: Array, size: float, gradient: Array, tried: int
    ) -> Check:
        """The verdict on the entries that could be compared, `tried` of them and those at a kink."""
        counts = len(analytic), tried - len(analytic), gradient.size
        if not np.isfinite(gradient).all() or not np.isfinite(numeric).all():
            return Check("differs", math.nan, *counts)
        off = np.abs(analytic - numeric)
        size = max(size, float(np.abs(numeric).max(initial=0.0)))
        if not off.any():
            return Check("ok" if len(off) or not tried else "kink", 0.0, *counts)
        error = float(off.max()) / size
        tolerance = TOLERANCE[self._dtype] + self._rounding
        if (off > tolerance * size + noise).any():
            return Check("differs", error, *counts)
        blind = max(tolerance, float(noise.max()) / size) > HOPELESS
        return Check("rounding" if blind else "ok", error, *counts)

    def _losses(self, index: int, variants: Array) -> tuple[Array, Array]:
        """The losses of K variants of the input of layer `index`, a few at a time."""
        layers = self._layers[index:]
        at_once = max(1, 2**21 // max(1, variants[0].size)) if all(map(_is_per_example, layers)) else 1
        parts = [self._run(index, variants[i : i + at_once]) for i in range(0, len(variants), at_once)]
        losses, same = zip(*parts, strict=True)
        return np.concatenate(losses), np.concatenate(same)

    def _run(self, index: int, variants: Array) -> tuple[Array, Array]:
        count = len(variants)
        same = np.ones(count, dtype=bool)
        x = variants.reshape(-1, *variants.shape[2:])
        for layer, explained in zip(self._layers[index:], self._pieces[index:], strict=True):
            if explained is not None:
                same &= (_piece(layer, x).reshape(count, -1) == explained.ravel()).all(axis=1)
            x = layer(x)
        outputs = x.reshape(count, -1, *x.shape[1:])
        return np.array([self._loss(output, self._y) for output in outputs]), same


def _central(losses: Losses, value: Array, entries: Indices, h: Array) -> tuple[Array, Array]:
    """The central difference at each entry, and whether both steps stayed on the explained piece."""
    count = len(entries)
    variants = np.repeat(value[None], 2 * count, axis=0)
    flat = variants.reshape(2 * count, -1)
    rows = np.arange(count)
    flat[rows, entries] += h
    flat[count + rows, entries] -= h
    width = flat[rows, entries] - flat[count + rows, entries]
    found, same = losses(variants)
    return (found[:count] - found[count:]) / width, same[:count] & same[count:]


def _entries(gradient: Array, samples: int) -> Indices:
    """The flat indices to check: all, or the largest entries and some spread evenly."""
    if gradient.size <= (EVERY_ENTRY if samples == SAMPLES[1] else samples):
        return np.arange(gradient.size)
    sizes = np.abs(gradient.ravel())
    largest = np.argpartition(-sizes, samples // 2)[: samples // 2]
    rest = np.delete(np.arange(gradient.size), largest)
    spread = rest[np.linspace(0, len(rest) - 1, samples - len(largest)).astype(int)]
    return np.sort(np.concatenate([largest, spread]))


def _in_float64(layer: nn.Layer) -> nn.Layer:
    """A copy of the layer whose parameters are float64."""
    twin = copy.deepcopy(layer)
    _widen(twin)
    return twin


def _widen(layer: nn.Layer) -> None:
    """Makes the parameters float64, in the place of what they are: those of the layers inside, too."""
    layer._parameters = {name: array.astype(np.float64) for name, array in layer._parameters.items()}
    for inner in layer.children().values():
        _widen(inner)


def _is_per_example(layer: nn.Layer) -> bool:
    """Whether examples go through the layer without seeing each other, so that variants can share a batch."""
    if isinstance(layer, nn.Flatten):
        return layer.start_dim == 1
    if isinstance(layer, nn.Softmax):
        return layer.dim == 1
    pools = nn.MaxPool2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d
    return isinstance(layer, nn.Conv2d | nn.Linear | nn.ReLU | nn.Sigmoid | pools | nn.Dropout | nn.Identity)


def _piece(layer: nn.Layer, x: Array) -> Any:
    """What says on which smooth piece of the layer its input lies; None for a layer that has only one."""
    if isinstance(layer, nn.ReLU):
        return x > 0
    if isinstance(layer, nn.MaxPool2d):
        return F.max_pool2d(
            x,
            layer.kernel_size,
            layer.stride,
            layer.padding,
            layer.dilation,
            layer.ceil_mode,
            return_indices=True,
        )[1]
    return None
