import numpy as np
import pytest

from fastconv import nn


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_agree_with_differences(shape, bias, check_gradients):
    layer = nn.Linear(3, 2, bias=bias, dtype=np.float64, seed=0)
    check_gradients(layer, np.random.default_rng(0).normal(size=shape))


def test_forward_is_x_times_the_transposed_weight(each_backend):
    layer = nn.Linear(2, 3)
    layer.load_state_dict({"weight": np.array([[1.0, 2], [3, 4], [5, 6]]), "bias": np.array([10.0, 20, 30])})
    assert layer(np.array([[1.0, -1.0]], np.float32)).tolist() == [[9.0, 19.0, 29.0]]


def test_shapes_and_cost():
    layer = nn.Linear(3, 2)
    assert {name: array.shape for name, array in layer.parameters().items()} == {
        "weight": (2, 3),
        "bias": (2,),
    }
    assert layer.output_shape((3,)) == (2,)
    assert layer.output_shape((7, 3)) == (7, 2)
    assert layer.multiply_adds((3,)) == 6
    assert layer.multiply_adds((7, 3)) == 42


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((256,), r"Linear: got 256 features, needs 200; Linear\(256, 10\) would fit"),
        ((8, 5, 5), r"Linear: got shape \(8, 5, 5\), needs 200; a Flatten before it would fit"),
        (
            (8, 4, 4),
            r"Linear: got shape \(8, 4, 4\), needs 200; a Flatten before it and Linear\(128, 10\) would fit",
        ),
    ],
)
def test_a_shape_that_does_not_fit_is_told_with_one_that_would(shape, message):
    with pytest.raises(ValueError, match=message):
        nn.Linear(200, 10).output_shape(shape)


def test_arguments_are_checked_when_the_layer_is_made():
    with pytest.raises(ValueError, match="Linear: in_features: got 0"):
        nn.Linear(0, 3)
    with pytest.raises(TypeError, match=r"Linear: out_features: got 2\.0"):
        nn.Linear(3, 2.0)
