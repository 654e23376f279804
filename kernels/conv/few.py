"""Convolution to few filters: the lanes run along the channels, which few filters would leave empty.

    y[n, p, q, k] = bias[k] + sum over r, s, c of x[n, p * stride + r * dilation - top, ..., c]
                                                  * w[k, r, s, c]

A tile is `rows` neighbouring pixels by all filters; each accumulator is a vector of partial sums, which are
added in a fixed order. Nothing is padded: what lies outside of the image is left out of the sum, and pixels
whose window leaves it at the left or right are computed one by one.
"""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import machine
from ..geometry import Geometry
from ..jit import inline, kernel
from ..shape import Axis
from ..simd import dot, plus, positive, spread, store, sums, zero
from ..window import interior, reached
from .pack import Source
from .plan import Convolution, Place

MOST = 4
"""Filters from which the lanes run along the filters."""


class Few(Convolution):
    """One convolution of any number of images."""

    def pack(self, weight: np.ndarray, source: Source) -> np.ndarray:
        """packed[k, tap, c], zero beyond the last filter."""
        g = self.geometry
        packed = np.zeros((g.vectors, g.taps_h * g.taps_w, g.channels), weight.dtype)
        steps = tuple(weight.itemsize * step for step in (source.filter, 1, source.channel))
        taps = as_strided(weight, (g.filters, source.places.size, g.channels), steps)
        packed[: g.filters, source.places[source.places >= 0]] = taps[:, source.places >= 0]
        return packed.reshape(-1)

    def run(self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int) -> None:
        """Convolve all images of flat x into flat y."""
        _forward(
            images * self.height.outputs, 2.0 * images * self.pixels * packed.size,
            self.geometry, x, packed, bias, y, *self.sizes, *self.place,
        )  # fmt: skip


def fits(channels: int, filters: int, groups: int, dtype: np.dtype) -> bool:
    """Whether lanes along the channels are better filled than lanes along the filters."""
    return groups == 1 and filters <= MOST and channels >= machine.lanes(dtype)


@lru_cache(maxsize=1024)
def plan(
    height: Axis, width: Axis, channels: int, filters: int, place: Place, relu: bool, dtype: np.dtype
) -> Few:
    """Plan a convolution to so few filters that it `fits`."""
    vectors = 1 << (filters - 1).bit_length()
    most = machine.vectors().registers // 4 // max(1, vectors // 2)
    q0, q1 = interior.py_func(width.size, *width[1:5], width.outputs)
    sizes = {
        "channels": channels, "filters": filters, "relu": int(relu), "taps_h": height.taps,
        "taps_w": width.taps, "stride_h": height.stride, "stride_w": width.stride,
        "dilation_h": height.dilation, "dilation_w": width.dilation,
    }  # fmt: skip
    geometry = Geometry(
        sizes, x_step=width.stride * channels, rows=max(1, min(most, q1 - q0)), vectors=vectors,
        lanes=machine.lanes(dtype),
    )  # fmt: skip
    return Few(geometry, height, width, place)


@inline
def _sums(g, acc, x, at, line, r0, r1, s0, s1, packed):
    """The sums of the taps that exist, for the pixels of the tile acc, which is zero."""
    for r in range(r0, r1):
        for s in range(s0, s1):
            a = at + r * g.dilation_h * line + s * g.dilation_w * g.channels
            b, size = (r * g.taps_w + s) * g.channels, g.taps_h * g.taps_w * g.channels
            for c in range(0, g.channels, g.lanes):
                acc = dot(acc, x, a + c, g.x_step, packed, b + c, size, min(g.lanes, g.channels - c))
    return sums(acc)


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs_h, outputs_w, y_first, y_image, y_row, y_pixel,
    first, last,
):  # fmt: skip
    """A job is one row of output pixels."""
    line = width * g.channels
    q0, q1 = interior(width, g.taps_w, g.stride_w, g.dilation_w, left, outputs_w)
    for job in range(first, last):
        n = job // outputs_h
        p = job - n * outputs_h
        row = p * g.stride_h - top
        r0, r1 = reached(row, g.taps_h, g.dilation_h, height)
        x_row = (n * height + row) * line - left * g.channels
        y_row_at = y_first + n * y_image + p * y_row
        for tile in range(q0, q1, g.rows):
            q = min(tile, q1 - g.rows)
            acc = zero(x, g.rows, g.vectors, g.lanes)
            total = _sums(g, acc, x, x_row + q * g.x_step, line, r0, r1, 0, g.taps_w, packed)
            total = plus(total, spread(bias, 0, g.rows, 1, g.vectors, g.filters))
            store(positive(total) if g.relu else total, y, y_row_at + q * y_pixel, y_pixel, g.filters)
        for edge in range(outputs_w - (q1 - q0)):
            q = edge if edge < q0 else edge + q1 - q0
            s0, s1 = reached(q * g.stride_w - left, g.taps_w, g.dilation_w, width)
            acc = zero(x, 1, g.vectors, g.lanes)
            total = _sums(g, acc, x, x_row + q * g.x_step, line, r0, r1, s0, s1, packed)
            total = plus(total, spread(bias, 0, 1, 1, g.vectors, g.filters))
            store(positive(total) if g.relu else total, y, y_row_at + q * y_pixel, y_pixel, g.filters)
