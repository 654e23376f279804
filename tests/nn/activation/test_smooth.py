import numpy as np
import pytest

from fastconv import nn

X = np.random.default_rng(0).normal(size=(3, 4, 2))
LAYERS = [
    *(nn.Sigmoid(), nn.Tanh(), nn.SiLU(), nn.GELU(), nn.GELU("tanh"), nn.Hardsigmoid(), nn.Hardswish()),
    *(nn.Softplus(), nn.Softplus(2.0, 1.0)),
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
    assert layer.parameters() == {}


def test_sigmoid_is_stable_far_from_zero(each_backend):
    y = nn.Sigmoid()(np.array([-1e4, 0.0, 1e4]))
    assert y.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("kind", "name", "value", "error", "message"),
    [
        (nn.GELU, "approximate", True, ValueError, "got True, needs 'none' or 'tanh'"),
        (nn.Softplus, "beta", 0.0, ValueError, "got 0, needs a number other than 0"),
        (nn.Softplus, "threshold", "20", TypeError, "got '20', needs a number"),
        (nn.SiLU, "inplace", 1, TypeError, "got 1, needs True or False"),
    ],
)
def test_settings_are_checked(kind, name, value, error, message):
    with pytest.raises(error, match=f"^{kind.__name__}: {name}: {message}$"):
        kind(**{name: value})
