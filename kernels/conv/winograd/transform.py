"""The one-dimensional transforms of F(4, 3) and F(3, 4) on the points 0, +-a, +-b and infinity.

With a^2 = 1/2 and b^2 = 2 the products of points that the rows contain are small and a b = 1: the error is
about half of that on the usual 0, +-1, +-2 (Barabasz et al., "Error analysis and improving the accuracy of
Winograd convolution for deep neural networks", 2020, on the choice of points).
"""

import math

from fastconv.geometry import Axis

from ...engine.jit import inline
from ...simd import read, write

TAPS = 3
"""Taps of a square along one axis."""
SIDE = 6
"""Inputs of a tile along one axis."""
POINTS = SIDE * SIDE
OUTPUTS = 4
"""Outputs of a tile along one axis."""
A, B = math.sqrt(0.5), math.sqrt(2.0)
A3, B3 = A**3, B**3
SCALE_A, SCALE_B = 1 / (2 * 0.5 * (0.5 - 2)), 1 / (2 * 2 * (2 - 0.5))
"""One over the product of a point's distances from the others, for +-a and +-b; 1 for 0 and infinity."""


def tiles_of(height: Axis, width: Axis) -> tuple[int, int]:
    """Tiles of an image: down and across."""
    return -(-height.outputs // OUTPUTS), -(-width.outputs // OUTPUTS)


def squares_of(height: int, width: int) -> int:
    """Squares of a filter of `height` x `width` taps."""
    return -(-height // TAPS) * -(-width // TAPS)


def products_of(height: int, width: int) -> int:
    """Multiplications for one tile of a filter of `height` x `width` taps."""
    along = [taps // TAPS * SIDE + (SIDE - 1 if taps % TAPS else 0) for taps in (height, width)]
    return along[0] * along[1]


@inline
def square_at(g, square):
    """The first tap of a square, and how many rows and columns of taps it has, at most TAPS."""
    across = (g.taps_w + TAPS - 1) // TAPS
    r, s = TAPS * (square // across), TAPS * (square % across)
    return r, s, min(TAPS, g.taps_h - r), min(TAPS, g.taps_w - s)


@inline
def is_used(point, rows, columns):
    """Whether a square of `rows` x `columns` taps has an element at this point: infinity needs all three."""
    return (rows == TAPS or point // SIDE < SIDE - 1) and (columns == TAPS or point % SIDE < SIDE - 1)


@inline
def input_points(d0, d1, d2, d3, d4, d5):
    """B^T d: the six elements at the points 0, a, -a, b, -b, infinity."""
    even_a, odd_a = d4 - 2.0 * d2, A * (d3 - 2.0 * d1)
    even_b, odd_b = d4 - 0.5 * d2, B * (d3 - 0.5 * d1)
    return (
        (d0 + d4) - 2.5 * d2, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b,
        (d1 + d5) - 2.5 * d3,
    )  # fmt: skip


@inline
def filter_points(w0, w1, w2):
    """G w of a filter of three taps."""
    even_a, odd_a = SCALE_A * (w0 + 0.5 * w2), (SCALE_A * A) * w1
    even_b, odd_b = SCALE_B * (w0 + 2.0 * w2), (SCALE_B * B) * w1
    return w0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, w2


@inline
def gradient_points(g0, g1, g2, g3):
    """G g of four output gradients."""
    even_a, odd_a = SCALE_A * (g0 + 0.5 * g2), (SCALE_A * A) * (g1 + 0.5 * g3)
    even_b, odd_b = SCALE_B * (g0 + 2.0 * g2), (SCALE_B * B) * (g1 + 2.0 * g3)
    return g0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, g3


@inline
def outputs_of(m0, m1, m2, m3, m4, m5):
    """A^T m: four outputs of six products."""
    sum_a, sum_b, difference_a, difference_b = m1 + m2, m3 + m4, m1 - m2, m3 - m4
    return (
        m0 + sum_a + sum_b, A * difference_a + B * difference_b, 0.5 * sum_a + 2.0 * sum_b,
        A3 * difference_a + B3 * difference_b + m5,
    )  # fmt: skip


@inline
def taps_of(m0, m1, m2, m3, m4, m5):
    """A^T m: the gradients of three taps."""
    sum_a, sum_b = m1 + m2, m3 + m4
    return m0 + sum_a + sum_b, A * (m1 - m2) + B * (m3 - m4), 0.5 * sum_a + 2.0 * sum_b + m5


@inline
def read_six(x, at, step, lanes):
    """Six vectors, `step` apart, all of their lanes."""
    return (
        read(x, at, lanes, lanes), read(x, at + step, lanes, lanes), read(x, at + 2 * step, lanes, lanes),
        read(x, at + 3 * step, lanes, lanes), read(x, at + 4 * step, lanes, lanes),
        read(x, at + 5 * step, lanes, lanes),
    )  # fmt: skip


@inline
def write_six(values, y, at, step, lanes):
    """Six vectors, `step` apart, all of their lanes."""
    v0, v1, v2, v3, v4, v5 = values
    write(v0, y, at, lanes)
    write(v1, y, at + step, lanes)
    write(v2, y, at + 2 * step, lanes)
    write(v3, y, at + 3 * step, lanes)
    write(v4, y, at + 4 * step, lanes)
    write(v5, y, at + 5 * step, lanes)
