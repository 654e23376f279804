import numpy as np
import pytest

from fastconv import nn

X = np.random.default_rng(0).normal(size=(3, 4, 2))


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.Sigmoid(), nn.Softmax(), nn.Softmax(dim=-1)], ids=repr)
def test_gradients_agree_with_differences(layer, check_gradients, each_backend):
    check_gradients(layer, X.copy())


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


def test_sigmoid_is_stable_far_from_zero(each_backend):
    y = nn.Sigmoid()(np.array([-1e4, 0.0, 1e4]))
    assert y.tolist() == [0.0, 0.5, 1.0]


def test_softmax_sums_to_one_over_the_classes(each_backend):
    y = nn.Softmax()(X)
    np.testing.assert_allclose(y.sum(axis=1), np.ones((3, 2)), rtol=1e-15)


def test_activations_keep_the_shape():
    for layer in (nn.ReLU(), nn.Sigmoid(), nn.Softmax()):
        assert layer.output_shape((4, 2)) == (4, 2)
        assert layer.multiply_adds((4, 2)) == 0
        assert layer.parameters() == {}


def test_softmax_remembers_its_axis():
    assert repr(nn.Softmax(2)) == "Softmax(dim=2)"
    assert nn.Softmax(2).describe() == {"class": "Softmax", "dim": 2}
