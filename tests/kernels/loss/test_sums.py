import numpy as np
import pytest

from fastconv.kernels.loss.sums import chunks, defaults, reduced, rounded


def test_the_sums_of_chunks_are_added_in_float64():
    sums = np.array([[1e9, 2], [1, 1], [-1e9, 1]])
    assert reduced(sums, "sum", np.dtype(np.float32)) == 1
    assert reduced(sums, "mean", np.dtype(np.float64)) == 0.25
    assert np.isnan(reduced(np.zeros((2, 2)), "mean", np.dtype(np.float64)))


def test_the_shapes_of_what_kernels_share():
    assert [chunks(np.empty(n)) for n in (0, 1, 4096, 4097)] == [0, 1, 1, 2]
    ones, none = defaults(3, np.dtype(np.float32))
    assert ones.tolist() == [1, 1, 1] and none.size == 0
    with pytest.raises(ValueError, match="read-only"):
        ones[0] = 2
    assert rounded(np.array([1e300]), np.dtype(np.float32)).tolist() == [np.inf]
