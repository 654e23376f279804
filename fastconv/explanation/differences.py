"""Central differences of a model's loss in float64, and what they say of a gradient.

(L(v + h) - L(v - h)) / 2h is dL/dv up to h^2 where L is smooth. A ReLU at 0 and two equal maxima of a pooling
window are kinks: there L has no derivative and the difference means nothing. They are told from an error by
the pieces that L is made of: which ReLUs pass, and which entry wins each window. Where a step of h changes
that, a smaller one is tried; where that changes it too, and the difference is not the gradient, the entry
sits on a kink.
"""

import math
from collections.abc import Callable

import numpy as np

from fastconv.backends import backend
from fastconv.explanation.inner import InnerGradient
from fastconv.explanation.rerun import Rerun
from fastconv.explanation.rounding import Rounding
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
    """Checks of the gradients of one explained pass.

    loss: the loss as a function of any value or parameter. expected: the rounding errors of the gradients.
    gradients: dL/d(the last output), and that of what a last layer squashes.
    """

    def __init__(self, loss: Rerun, expected: Rounding, *gradients: Array) -> None:
        self._rerun, self._expected = loss, expected
        self._dtype = gradients[0].dtype
        self._samples = int(np.clip(BUDGET // max(1, 4 * loss.cost), *SAMPLES))
        largest = float(np.abs(loss.output).max(initial=0.0))
        self._magnitude = max(abs(loss.value), largest)
        # The gradient of a saturated loss (P - onehot(y) near 0) is what is left of numbers near 1, and every
        # gradient behind it has inherited its rounding.
        left = min(float(np.abs(gradient).max(initial=0.0)) for gradient in gradients) * loss.terms
        rounding = 64 * float(np.finfo(self._dtype).eps) * max(1.0, largest)
        self._saturated = rounding / left if left else math.inf

    def of_value(self, number: int, gradient: Array) -> Check:
        """The check of dL/d(a value): 0 is the model's input, k the output of the k-th place."""
        value = self._rerun.values[number]
        reach = self._rerun.room if number == len(self._rerun.values) - 1 else None
        expected = self._expected.of_value(number)
        return self._check(gradient, value, lambda v: self._rerun.with_value(number, v), expected, reach)

    def of_way(self, number: int, place: int, position: int, gradient: Array) -> Check:
        """The check of the part of dL/d(a value) that goes through one of its readers."""
        expected = self._expected.of_way(number, place, position)
        value = self._rerun.values[number]
        return self._check(gradient, value, lambda v: self._rerun.with_read(place, position, v), expected)

    def of_parameter(self, places: list[int], name: str, gradient: Array) -> Check:
        """The check of the gradient of a parameter as far as its layer is used at these places."""
        array = self._rerun.parameter(places[0], name).copy()
        expected = self._expected.of_parameter(places, name)
        return self._check(gradient, array, lambda v: self._rerun.with_parameter(places, name, v), expected)

    def of_inner(self, number: int, back: InnerGradient, which: int | None = None) -> Check | None:
        """The check of a gradient on the way to value `number`; None where the loss has rounded it away.

        which: the number of the inner value in its layer; None of a value inside the loss.
        """
        if not np.isfinite(back.value).all():
            return None

        def losses(variants: Array) -> tuple[Array, Array]:
            return self._rerun.with_value(number, np.stack([back.output(variant) for variant in variants]))

        expected = np.zeros(1) if which is None else self._expected.of_inner(number, which)
        at, reach = back.at.astype(np.float64), back.reach.astype(np.float64)
        return self._check(back.value, at, losses, expected, reach)

    def _check(
        self, gradient: Array, value: Array, losses: Losses, expected: Array, reach: Array | None = None
    ) -> Check:
        """The check; `expected`: how large its rounding errors may be."""
        entries = _entries(gradient, self._samples)
        analytic = gradient.astype(np.float64).ravel()[entries]
        reach = (np.maximum(1, np.abs(value)) if reach is None else reach).ravel()[entries]
        numeric, noise = np.zeros(len(entries)), np.zeros(len(entries))
        compared = np.zeros(len(entries), dtype=bool)
        size = float(np.abs(gradient).max(initial=0.0))
        todo = np.flatnonzero(reach)
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
        if not compared.all():  # beside a kink, rounding decides more than it does elsewhere
            expected = np.broadcast_to(expected, gradient.shape).ravel()[entries[compared]]
        noise = noise[compared] + expected.max(initial=0.0)
        return self._judge(analytic[compared], numeric[compared], noise, size, gradient, len(entries))

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
        tolerance = TOLERANCE[self._dtype] + self._saturated
        if (off > tolerance * size + noise).any():
            return Check("differs", error, *counts)
        blind = max(tolerance, float(noise.max()) / size) > HOPELESS
        return Check("rounding" if blind else "ok", error, *counts)


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
