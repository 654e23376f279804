import json

import numpy as np
import pytest

from fastconv import nn
from fastconv.benchmark.ours import channels_last

X = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
LAYERS = [
    (nn.Permute((0, 2, 3, 1)), lambda x: x.transpose(0, 2, 3, 1)),
    (nn.Permute((0, -1, 1, 2)), lambda x: x.transpose(0, 3, 1, 2)),
    (nn.Slice(1, 1), lambda x: x[:, 1:]),
    (nn.Slice(2, -3, -1), lambda x: x[:, :, -3:-1]),
    (nn.Slice(-1, None, None, -2), lambda x: x[..., ::-2]),
    (nn.Slice(3, 1, 100, 3), lambda x: x[..., 1:100:3]),
    (nn.Slice(3, 4, 2), lambda x: x[..., 4:2]),
    (nn.Mean((2, 3)), lambda x: x.mean(axis=(2, 3))),
    (nn.Mean([2, -1], keepdim=True), lambda x: x.mean(axis=(2, 3), keepdims=True)),
    (nn.Mean(1), lambda x: x.mean(axis=1)),
    (nn.Mean((1, 3), True), lambda x: x.mean(axis=(1, 3), keepdims=True)),
]


@pytest.mark.parametrize(("layer", "expected"), LAYERS, ids=[repr(layer) for layer, _ in LAYERS])
def test_values_gradients_and_arguments(layer, expected, check_gradients, each_backend):
    for x in (X, channels_last(X)):
        np.testing.assert_allclose(layer(x), expected(X), rtol=1e-13, atol=1e-15)
    assert layer.output_shape((2, 4, 5)) == expected(X).shape[1:]
    check_gradients(layer, X[:2].copy())
    arguments = json.loads(json.dumps(layer.config()))
    again = type(layer)(**arguments)
    assert repr(again) == repr(layer)


@pytest.mark.parametrize("layer", [nn.Permute((0, 2, 1, 3)), nn.Slice(2, 1)])
def test_views_need_no_memory(layer):
    assert np.shares_memory(layer(X), X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.Permute((1, 0)),
            r"Permute: dims: got \(1, 0\), needs each axis once, the batch's, 0, first",
        ),
        (lambda: nn.Permute((0, 1, 1)), r"Permute: dims: got \(0, 1, 1\), needs each axis once"),
        (lambda: nn.Permute(2), r"Permute: dims: got 2, needs a tuple of axes"),
        (lambda: nn.Permute((0, 2, 1))(X), r"Permute: got shape \(2, 4, 5\), needs 2 axes for dims="),
        (lambda: nn.Slice(0), r"Slice: dim: got 0, needs an axis of a sample"),
        (lambda: nn.Slice(1, step=0), r"Slice: step: got 0, needs a step other than 0"),
        (lambda: nn.Slice(1, 0.5), r"Slice: start: got 0.5, needs an integer"),
        (lambda: nn.Slice(4)(X), r"Slice: dim: got 4, needs an axis from 1 to 3 of \(3, 2, 4, 5\)"),
        (lambda: nn.Slice(-4)(X), r"Slice: dim: got -4, needs an axis from 1 to 3"),
        (lambda: nn.Mean(()), r"Mean: dim: got \(\), needs an axis at least"),
        (lambda: nn.Mean((1, 0)), r"Mean: dim: got 0, needs an axis of a sample"),
        (lambda: nn.Mean((1, -3))(X), r"Mean: dim: got \(1, -3\), needs one or more axes of .*, each once"),
        (lambda: nn.Mean(-4)(X), r"Mean: dim: got -4, needs axes of \(2, 4, 5\): the batch's is 0"),
        (
            lambda: nn.Mean(1)(X[:, :0]),
            r"Mean: input: got shape .*, needs elements along 1 to take the mean of",
        ),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()


def test_the_place_is_named():
    with pytest.raises(ValueError, match=r"^in 1 \(Permute\): got shape \(40,\), needs 3 axes"):
        nn.Sequential(nn.Flatten(), nn.Permute((0, 2, 3, 1)))(X)


@pytest.mark.parametrize("layer", [layer for layer, _ in LAYERS], ids=repr)
def test_an_empty_batch(layer, each_backend):
    y, backward = layer.forward(X[:0])
    assert y.shape == (0, *layer.output_shape((2, 4, 5)))
    assert backward(y)[0].shape == (0, 2, 4, 5)
