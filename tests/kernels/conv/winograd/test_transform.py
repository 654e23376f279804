"""The transforms of Winograd's algorithm are identities; squares hold every tap of a larger filter once."""

import numpy as np
import pytest

from fastconv.kernels.conv.winograd import transform
from fastconv.kernels.engine.geometry import Geometry


@pytest.mark.parametrize("taps", [(3, 3), (5, 5), (2, 2), (1, 4), (7, 6), (3, 8)], ids=str)
def test_the_squares_hold_every_tap_once(taps):
    g = Geometry({"taps_h": taps[0], "taps_w": taps[1]})
    squares = [transform.square_at.py_func(g, i) for i in range(transform.squares_of(*taps))]
    held = [(r + i, s + j) for r, s, rows, columns in squares for i in range(rows) for j in range(columns)]
    assert sorted(held) == list(np.ndindex(taps))
    used = sum(
        transform.is_used.py_func(point, rows, columns)
        for _, _, rows, columns in squares
        for point in range(transform.POINTS)
    )
    assert used == transform.products_of(*taps)


def test_the_transforms_of_the_forward_pass_are_an_identity():
    rng = np.random.default_rng(0)
    d, w = rng.standard_normal(6), rng.standard_normal(3)
    products = np.multiply(transform.input_points.py_func(*d), transform.filter_points.py_func(*w))
    np.testing.assert_allclose(transform.outputs_of.py_func(*products), np.correlate(d, w), rtol=1e-13)


def test_the_transforms_of_the_weight_gradient_are_an_identity():
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(6), rng.standard_normal(4)
    products = np.multiply(transform.input_points.py_func(*d), transform.gradient_points.py_func(*g))
    np.testing.assert_allclose(transform.taps_of.py_func(*products), np.correlate(d, g), rtol=1e-13)
