import numpy as np

from fastconv import reference


def test_a_sum_by_hand():
    a, b = np.array([1.0, -3.0, np.nan]), np.array([2.0, 1.0, 1.0])
    assert np.array_equal(reference.add(a, b), [3.0, -2.0, np.nan], equal_nan=True)
    assert np.array_equal(reference.add(a, b, relu=True), [3.0, 0.0, np.nan], equal_nan=True)


def test_one_after_the_other_by_hand():
    y = reference.concat([np.array([[1.0], [2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])], dim=1)
    assert np.array_equal(y, [[1, 3, 4], [2, 5, 6]])
    first, second = reference.concat_input(y, (1, 2), dim=1)
    assert np.array_equal(first, [[1], [2]])
    assert np.array_equal(second, [[3, 4], [5, 6]])
