import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.nn.affine import AffineLayer


def test_parameters_begin_as_one_and_zero_and_are_set_so_again():
    layer = AffineLayer((2, 3), (2, 3), np.float64)
    for _ in range(2):
        np.testing.assert_array_equal(layer.weight, np.ones((2, 3)))
        np.testing.assert_array_equal(layer.bias, np.zeros((2, 3)))
        layer.weight += 1
        layer.bias += 1
        layer.initialize(np.random.default_rng(0))


def test_either_may_be_missing():
    assert [*AffineLayer((2,), None, np.float32).parameters()] == ["weight"]
    layer = AffineLayer(None, None, np.float32)
    assert layer.weight is None and layer.bias is None and layer.dtype == np.float32
    with pytest.raises(AttributeError, match=r"AffineLayer: bias: got .*, needs to stay; it has none"):
        layer.bias = np.zeros(2)


F64 = {"dtype": np.float64}
X = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
SHAPES = [
    ((2, 1, 1), (2, 1, 1)),
    ((), ()),
    (None, (5,)),
    ((4, 1), None),
    ((2, 4, 5), (1, 4, 1)),
    (None, None),
]


@pytest.mark.parametrize(("weight", "bias"), SHAPES)
def test_factors_and_summands_of_any_shape(weight, bias, check_gradients, each_backend):
    layer = nn.Affine(weight, bias, **F64)
    assert np.array_equal(layer(X), X)
    for seed, array in enumerate(layer.parameters().values()):
        array[...] = np.random.default_rng(seed).normal(size=array.shape)
    w, b = (1 if layer.weight is None else layer.weight), (0 if layer.bias is None else layer.bias)
    np.testing.assert_allclose(layer(X), X * w + b, rtol=1e-15)
    assert layer.output_shape((2, 4, 5)) == (2, 4, 5)
    assert layer.multiply_adds((2, 4, 5)) == (0 if weight is None else 40)
    check_gradients(layer, X[:2].copy())


def test_a_constant_less_its_input():
    layer = nn.Affine((), (), **F64)
    layer.weight[...], layer.bias[...] = -1, 3
    assert np.array_equal(layer(X), 3 - X)


def test_affine_is_saved_with_its_numbers(tmp_path):
    layer = nn.Affine((2, 1, 1), ())
    layer.weight[...], layer.bias[...] = np.array([2, 3]).reshape(2, 1, 1), 5
    nn.Sequential(layer).save(tmp_path / "model.safetensors")
    again = fastconv.load(tmp_path / "model.safetensors")[0]
    assert repr(again) == repr(layer) == "Affine(weight=(2, 1, 1), bias=())"
    assert np.array_equal(again.weight, layer.weight) and again.bias == 5


@pytest.mark.parametrize("shape", [(3, 4, 5), (2,), ()])
def test_an_input_that_would_be_enlarged_is_refused(shape):
    message = r"got shape .*, needs one that weight \(2, 1, 1\) does not enlarge"
    with pytest.raises(ValueError, match=rf"^in 0 \(Affine\): {message}"):
        nn.Sequential(nn.Affine((2, 1, 1), **F64))(np.ones((3, *shape)))
    with pytest.raises(ValueError, match=r"^Affine: weight: got -1, needs an integer"):
        nn.Affine((-1,))


def test_a_frozen_affine_passes_the_gradient_on():
    layer = nn.Affine((), **F64)
    layer.freeze()
    dx, gradients = layer.forward(X)[1](X)
    assert np.array_equal(dx, X)
    assert gradients == {"weight": None}
