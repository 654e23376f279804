import numpy as np
import pytest

from fastconv import nn

X = np.random.default_rng(0).normal(size=(3, 4, 2))


@pytest.mark.parametrize(
    "layer", [nn.Softmax(), nn.Softmax(dim=-1), nn.LogSoftmax(), nn.LogSoftmax(0)], ids=repr
)
def test_gradients_agree_with_differences(layer, check_gradients, each_backend):
    check_gradients(layer, X.copy())


def test_softmax_sums_to_one_over_the_classes(each_backend):
    y = nn.Softmax()(X)
    np.testing.assert_allclose(y.sum(axis=1), np.ones((3, 2)), rtol=1e-15)
    np.testing.assert_allclose(np.exp(nn.LogSoftmax()(X)), y, rtol=1e-14)


def test_they_keep_the_shape():
    for layer in (nn.Softmax(), nn.LogSoftmax()):
        assert layer.output_shape((4, 2)) == (4, 2)
        assert layer.multiply_adds((4, 2)) == 0
        assert layer.parameters() == {}


@pytest.mark.parametrize("kind", [nn.Softmax, nn.LogSoftmax])
def test_the_axis_is_remembered(kind):
    assert repr(kind(2)) == f"{kind.__name__}(dim=2)"
    assert kind(2).describe() == {"class": kind.__name__, "dim": 2}
    with pytest.raises(TypeError, match=f"^{kind.__name__}: dim: got None, needs an integer"):
        kind(None)
