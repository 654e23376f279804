import numpy as np
import pytest

from fastconv.kernels.memory import order

X = np.arange(24.0).reshape(1, 3, 4, 2)
LAST = np.ascontiguousarray(X.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def test_images_of_which_one_order_alone_is_dense():
    assert order.lies_by_channels(LAST)
    assert not order.lies_by_channels(X)
    assert not order.lies_by_channels(np.ones((2, 1, 3, 3)))  # both orders
    assert not order.lies_by_channels(LAST[:, ::2])
    assert not order.lies_by_channels(np.ones((3, 4)).T)


@pytest.mark.parametrize("array", [X, LAST, X[:, ::2], LAST[..., ::2]])
@pytest.mark.parametrize("by_channels", [False, True])
def test_elements_in_an_order(array, by_channels):
    inner = array.transpose(0, 2, 3, 1) if by_channels else array
    assert order.ordered(array.shape, by_channels) == inner.shape
    np.testing.assert_array_equal(order.elements(array, by_channels), inner.ravel())
    made, line = order.made(array.shape, array.dtype, by_channels)
    line[...] = inner.ravel()
    np.testing.assert_array_equal(made, array)
