import numpy as np

from fastconv import reference


def test_one_after_the_other_by_hand():
    y = reference.concat([np.array([[1.0], [2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])], dim=1)
    assert np.array_equal(y, [[1, 3, 4], [2, 5, 6]])
    first, second = reference.concat_input(y, (1, 2), dim=1)
    assert np.array_equal(first, [[1], [2]])
    assert np.array_equal(second, [[3, 4], [5, 6]])
