import numpy as np
import pytest

from fastconv import nn

X = np.random.default_rng(0).normal(size=(3, 4, 2))


LAYERS = [
    *(nn.ReLU(), nn.LeakyReLU(), nn.LeakyReLU(0.3), nn.ELU(), nn.ELU(0.5), nn.ReLU6(), nn.Hardtanh()),
    *(nn.Hardtanh(-0.5, 0.25), nn.PReLU(dtype=np.float64), nn.PReLU(4, 0.1, dtype=np.float64)),
]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_gradients_agree_with_differences(layer, check_gradients):
    check_gradients(layer, X.copy())


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_the_config_makes_the_same_layer(layer):
    twin = type(layer)(**layer.config())
    assert repr(twin) == repr(layer)
    assert np.array_equal(twin(X), layer(X))
    assert layer.output_shape((4, 2)) == (4, 2)
    assert layer.multiply_adds((4, 2)) == 0


def test_relu_keeps_the_positive_part(each_backend):
    x = np.array([[-2.0, 0.0, 3.0]], np.float32)
    y, backward = nn.ReLU().forward(x)
    assert y.tolist() == [[0.0, 0.0, 3.0]]
    dx, gradients = backward(np.array([[5.0, 6.0, 7.0]], np.float32))
    assert dx.tolist() == [[0.0, 0.0, 7.0]]  # at 0 the gradient is 0
    assert gradients == {}
    assert y.dtype == dx.dtype == np.float32


def test_inplace_never_overwrites_the_input():
    x = np.array([[-1.0, 1.0]], np.float32)
    nn.ReLU(inplace=True)(x)
    assert x.tolist() == [[-1.0, 1.0]]


def test_prelu_begins_with_its_init_whatever_the_seed():
    layer = nn.PReLU(3, 0.5)
    assert layer.weight.tolist() == [0.5, 0.5, 0.5]
    layer.weight[...] = 2
    layer.initialize(np.random.default_rng(0))
    assert layer.weight.tolist() == [0.5, 0.5, 0.5]
    assert list(layer.parameters()) == ["weight"]


def test_prelu_that_is_frozen_has_no_gradient():
    layer = nn.PReLU()
    layer.freeze()
    x = np.ones((2, 3), np.float32)
    dx, gradients = layer.forward(x)[1](x)
    assert dx is not None
    assert gradients == {"weight": None}


def test_prelu_needs_its_number_of_channels():
    assert nn.PReLU().output_shape((4, 2)) == (4, 2)
    needs = r"^PReLU: got 4 channels, needs 3; PReLU\(4\) or PReLU\(\) would fit$"
    with pytest.raises(ValueError, match=needs):
        nn.PReLU(3).output_shape((4, 2))


@pytest.mark.parametrize(
    ("kind", "options", "error", "message"),
    [
        (nn.LeakyReLU, {"negative_slope": "a"}, TypeError, "negative_slope: got 'a', needs a number"),
        (nn.PReLU, {"num_parameters": 0}, ValueError, "num_parameters: got 0, needs an integer from 1"),
        (nn.ELU, {"inplace": None}, TypeError, "inplace: got None, needs True or False"),
        (
            nn.Hardtanh,
            {"min_val": 3},
            ValueError,
            "max_val: got 1.0, needs at least 3.0 to match min_val",
        ),
    ],
)
def test_settings_are_checked(kind, options, error, message):
    with pytest.raises(error, match=f"^{kind.__name__}: ({message})"):
        kind(**options)


def test_the_ends_of_hardtanh_are_checked_later_too():
    layer = nn.Hardtanh()
    layer.min_val = -3
    with pytest.raises(
        ValueError, match=r"^Hardtanh: max_val: got -4.0, needs at least -3.0 to match min_val$"
    ):
        layer.max_val = -4
    assert layer.config() == {"min_val": -3.0, "max_val": 1.0}
