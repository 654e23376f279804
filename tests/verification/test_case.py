import numpy as np
import pytest

from fastconv import kernels
from fastconv.verification import Case, check, neighbours

X, W = np.float32([[1, -2]]), np.float32([[8, 4]])
"""Their product is 0, and the magnitudes of its two terms add up to 16."""


def test_a_result_without_an_error_passes():
    row = check(Case("linear", {"input": X, "weight": W}, 2, label="2 to 1"))
    assert (row.name, row.dtype, row.error, row.passed) == ("linear 2 to 1", "float32", 0.0, True)


@pytest.mark.parametrize(("error", "passed"), [(0.0, True), (1.0, True), (3.0, False)])
def test_the_error_is_in_units_of_terms_eps_and_magnitudes(monkeypatch, error, passed):
    result = np.float32([[error * 2 * 2.0**-23 * 16]])
    monkeypatch.setattr(kernels, "linear", lambda **arguments: result)
    row = check(Case("linear", {"input": X, "weight": W}, 2))
    assert (row.error, row.passed) == (error, passed)


def test_a_result_of_another_shape_fails(monkeypatch):
    monkeypatch.setattr(kernels, "linear", lambda **arguments: np.float32([0]))
    assert check(Case("linear", {"input": X, "weight": W}, 2)).error == np.inf


def test_neighbours_gives_every_pixel_the_largest_of_its_plane():
    scale = np.arange(8.0).reshape(1, 2, 2, 2)
    assert neighbours(scale).tolist() == [[[[3, 3], [3, 3]], [[7, 7], [7, 7]]]]
