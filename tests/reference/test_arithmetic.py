import numpy as np

from fastconv import reference

A, B = np.array([[1.0, -3.0, np.nan], [2.0, 0.5, 4.0]]), np.array([2.0, 1.0, 1.0])


def test_two_arrays_by_hand():
    def equal(result, expected):
        np.testing.assert_array_equal(result, expected)

    equal(reference.add(A, B), [[3, -2, np.nan], [4, 1.5, 5]])
    equal(reference.add(A, B, relu=True), [[3, 0, np.nan], [4, 1.5, 5]])
    equal(reference.subtract(A, B), [[-1, -4, np.nan], [0, -0.5, 3]])
    equal(reference.multiply(A, B), [[2, -3, np.nan], [4, 0.5, 4]])
    equal(reference.divide(A, B), [[0.5, -3, np.nan], [1, 0.5, 4]])
    equal(reference.maximum(A, B), [[2, 1, np.nan], [2, 1, 4]])
    equal(reference.minimum(A, B), [[1, -3, np.nan], [2, 0.5, 1]])


def test_sums_by_hand():
    x = np.arange(6.0).reshape(2, 3)
    assert reference.sum_to_size(x, (2, 1)).tolist() == [[3], [12]]
    assert reference.sum_to_size(x, (3,)).tolist() == [3, 5, 7]
    assert reference.sum_to_size(x, ()) == 15
    assert reference.sum_to_size(x, (1, 3), x + 1).tolist() == [[12, 22, 36]]
    assert reference.sum_to_size(x, (2, 3)).tolist() == x.tolist()


def test_sums_of_float32_run_in_float64():
    x = np.array([1, 1e-8, -1], np.float32)
    assert reference.sum_to_size(x, ()) == np.float32(1e-8)
