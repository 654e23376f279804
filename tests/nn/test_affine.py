import numpy as np
import pytest

from fastconv.nn.affine import AffineLayer


def test_parameters_begin_as_one_and_zero_and_are_set_so_again():
    layer = AffineLayer((2, 3), True, True, np.float64)
    for _ in range(2):
        np.testing.assert_array_equal(layer.weight, np.ones((2, 3)))
        np.testing.assert_array_equal(layer.bias, np.zeros((2, 3)))
        layer.weight += 1
        layer.bias += 1
        layer.initialize(np.random.default_rng(0))


def test_either_may_be_missing():
    assert [*AffineLayer((2,), True, False, np.float32).parameters()] == ["weight"]
    layer = AffineLayer((2,), False, False, np.float32)
    assert layer.weight is None and layer.bias is None and layer.dtype == np.float32
    with pytest.raises(AttributeError, match=r"AffineLayer: bias: got .*, needs to stay; it has none"):
        layer.bias = np.zeros(2)
