import numpy as np
import pytest

from fastconv import nn


@pytest.mark.parametrize(
    ("layer", "inner"),
    [(nn.Flatten(), (24,)), (nn.Flatten(2), (2, 12)), (nn.Flatten(1, 2), (6, 4)), (nn.Identity(), (2, 3, 4))],
    ids=repr,
)
def test_shape_and_gradient(layer, inner, check_gradients):
    x = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    assert layer(x).shape == (5, *inner)
    assert layer.output_shape((2, 3, 4)) == inner
    check_gradients(layer, x)


def test_flatten_goes_in_row_major_order_whatever_the_memory():
    x = np.arange(24.0).reshape(1, 3, 4, 2).transpose(0, 3, 1, 2)  # channels last in memory
    y, backward = nn.Flatten().forward(x)
    assert y[0].tolist() == [*range(0, 24, 2), *range(1, 24, 2)]
    assert np.array_equal(backward(y)[0], x)


@pytest.mark.parametrize("layer", [nn.Flatten(), nn.Unflatten(2, (1, 3))], ids=repr)
def test_a_gradient_of_another_shape_is_refused(layer):
    y, backward = layer.forward(np.ones((4, 2, 3)))
    name = type(layer).__name__
    with pytest.raises(
        ValueError, match=rf"^{name}: dy: got shape \(1, 24\), needs \(4, .*\) to match the output"
    ):
        backward(y.reshape(1, 24))


def test_flatten_of_an_empty_batch():
    assert nn.Flatten()(np.zeros((0, 2, 3))).shape == (0, 6)


def test_flatten_refuses_axes_that_are_not_there():
    with pytest.raises(ValueError, match=r"Flatten: got shape \(5, 3\), needs axes 2 to -1"):
        nn.Flatten(2)(np.zeros((5, 3)))
    with pytest.raises(ValueError, match="Flatten: got start_dim=0, needs to leave the batch axis"):
        nn.Flatten(0).output_shape((3,))


@pytest.mark.parametrize(
    ("layer", "inner", "outer"),
    [
        (nn.Unflatten(1, (2, 3)), (6, 4), (2, 3, 4)),
        (nn.Unflatten(-1, (2, -1)), (6, 4), (6, 2, 2)),
        (nn.Unflatten(1, [6]), (6,), (6,)),
    ],
    ids=repr,
)
def test_one_axis_as_several(layer, inner, outer, check_gradients):
    x = np.random.default_rng(0).normal(size=(5, *inner))
    assert np.array_equal(layer(x), x.reshape(5, *outer))
    assert layer.output_shape(inner) == outer
    check_gradients(layer, x)


def test_unflatten_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"got 6 elements along axis 1, needs the sizes \(4, -1\)"):
        nn.Unflatten(1, (4, -1))(np.zeros((5, 6)))
    with pytest.raises(ValueError, match=r"Unflatten: got shape \(5, 6\), needs an axis 2"):
        nn.Unflatten(2, (4, -1))(np.zeros((5, 6)))
    with pytest.raises(ValueError, match="Unflatten: got dim=0, needs to leave the batch axis"):
        nn.Unflatten(0, (2, 3)).output_shape((4,))
    with pytest.raises(ValueError, match=r"Unflatten: unflattened_size: got .*, needs sizes of which"):
        nn.Unflatten(1, (-1, -1))


def test_the_identity_takes_the_arguments_of_any_layer():
    layer = nn.Identity(54, unused=0.1)
    assert repr(layer) == "Identity()"
    assert np.array_equal(layer(np.ones((2, 3))), np.ones((2, 3)))


@pytest.mark.parametrize(
    ("layer", "inner", "outer"),
    [
        (nn.Reshape((4, -1)), (2, 3, 4), (4, 6)),
        (nn.Reshape(24), (2, 3, 4), (24,)),
        (nn.Reshape((2, 1, 3)), (6,), (2, 1, 3)),
        (nn.Reshape(()), (1, 1), ()),
    ],
    ids=repr,
)
def test_samples_in_another_shape(layer, inner, outer, check_gradients):
    x = np.random.default_rng(0).normal(size=(5, *inner))
    assert np.array_equal(layer(x), x.reshape(5, *outer))
    assert layer.output_shape(inner) == outer
    assert layer(x[:0]).shape == (0, *outer)
    assert repr(nn.Reshape(**layer.config())) == repr(layer)
    check_gradients(layer, x)


def test_reshape_refuses_what_does_not_fit():
    with pytest.raises(
        ValueError, match=r"^Reshape: got shape \(6,\), 6 elements, needs as many as \(4, -1\)"
    ):
        nn.Reshape((4, -1))(np.zeros((5, 6)))
    with pytest.raises(ValueError, match=r"^Reshape: got shape \(6,\), 6 elements, needs as many as \(4,\)"):
        nn.Reshape(4).output_shape((6,))
    with pytest.raises(ValueError, match=r"^Reshape: shape: got \(-1, -1\), needs sizes of which"):
        nn.Reshape((-1, -1))
