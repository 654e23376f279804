"""What rounding does to the gradients of an explained pass: the same pass twice in float64, once shaken.

A gradient that is what is left of larger numbers, such as that of a bias in front of a batch norm, which is
0, consists of their rounding. How much that is shows a pass in which every value and every gradient is off by
a rounding of the explained type.
"""

from collections.abc import Sequence

import numpy as np

from fastconv import nn
from fastconv.backends import backend
from fastconv.explanation.normalization import inside_gradients
from fastconv.explanation.walk import Walk, total
from fastconv.types import Array

SAFETY = 64
"""The rounding of a pass may be so many times what one shaken pass shows."""


class Rounding:
    """The rounding errors to expect in the entries of each gradient."""

    def __init__(self, model: nn.Layer, loss: nn.Loss, x: Array, y: Array, whole: bool = False) -> None:
        """`whole`: also of the gradients that lead to no parameter."""
        eps = float(np.finfo(x.dtype).eps)
        target = y.astype(np.float64) if np.issubdtype(y.dtype, np.floating) else y
        model = model.astype(np.float64)
        with backend("reference"):
            self._walks = [Walk(model, loss, x.astype(np.float64), target, by, whole) for by in (0.0, eps)]
        self._inner: dict[int, list[list[Array]]] = {}

    def of_value(self, number: int) -> Array:
        """That of dL/d(a value)."""
        return _apart([walk.flow[number] for walk in self._walks])

    def of_way(self, number: int, place: int, position: int) -> Array:
        """That of the part of it that goes through a place."""
        ways = [[w.gradient for w in walk.ways[number] if w[:2] == (place, position)] for walk in self._walks]
        return _apart([gradient for (gradient,) in ways])

    def of_parameter(self, places: list[int], name: str) -> Array:
        """That of the gradient of a parameter, as far as its layer is used at these places."""
        key = self._walks[0].places[places[0]].first, name
        uses = [[w.gradient for w in walk.uses[key] if w.place in places] for walk in self._walks]
        return _apart([total(gradients) for gradients in uses])

    def of_inner(self, number: int, which: int) -> Array:
        """That of a gradient inside the layer whose output is this value."""
        if number not in self._inner:
            self._inner[number] = [_inner_gradients(walk, number) for walk in self._walks]
        return _apart([gradients[which] for gradients in self._inner[number]])


def _inner_gradients(walk: Walk, number: int) -> list[Array]:
    """The gradients inside the layer whose output is this value."""
    layer, notation = walk.places[number - 1].layer, walk.notations[number - 1]
    inner = inside_gradients(layer, notation, walk.given(number - 1), walk.flow[number])
    return [gradient.value for gradient in inner]


def _apart(gradients: Sequence[Array]) -> Array:
    """How far the two passes are apart in each entry, in which it may be little by chance."""
    return SAFETY * np.nan_to_num(np.abs(np.subtract(*gradients)), posinf=0.0)
