import re

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import grad, reference

X = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
DIMS = [1, -1, (2, 3), (-1, 2), (0,), (1, 3), (0, 1, 2, 3)]


@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("keepdim", [False, True])
def test_means_and_their_gradient(dim, keepdim, disguised):
    y = F.mean(disguised(X), dim, keepdim)
    np.testing.assert_allclose(y, X.mean(axis=dim, keepdims=keepdim), rtol=1e-13, atol=1e-16)
    dy = np.random.default_rng(1).normal(size=y.shape)
    axes = dim if isinstance(dim, tuple) else (dim,)
    whole = dy if keepdim else np.expand_dims(dy, tuple(sorted(axis % 4 for axis in axes)))
    shares = np.broadcast_to(whole, X.shape) / np.prod([X.shape[axis] for axis in axes])
    np.testing.assert_allclose(grad.mean_input(np.asarray(dy), X.shape, dim, keepdim), shares, rtol=1e-13)


def test_the_mean_of_planes_is_a_pooling(monkeypatch):
    calls = []
    monkeypatch.setattr(
        reference, "adaptive_avg_pool2d", lambda x, size: calls.append(size) or X[..., :1, :1]
    )
    assert F.mean(X, (3, 2)).shape == (2, 3)
    F.mean(X, (1, 2))
    F.mean(X[0], (1, 2))
    assert calls == [(1, 1)]


def test_sums(disguised):
    np.testing.assert_allclose(F.sum_to_size(disguised(X), (3, 1, 1)), X.sum(axis=(0, 2, 3)).reshape(3, 1, 1))
    np.testing.assert_allclose(F.sum_to_size(X, (5,), disguised(X)), (X**2).sum(axis=(0, 1, 2)), rtol=1e-13)
    assert F.sum_to_size(X, X.shape) is not X


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.sum_to_size(X, (4, 4)), "sum_to_size: size: got (4, 4), needs one that broadcasts to"),
        (lambda: F.sum_to_size(X, (1,) * 5), "sum_to_size: size: got (1, 1, 1, 1, 1), needs one that"),
        (
            lambda: F.sum_to_size(X, (5,), X[0]),
            "sum_to_size: factor: got shape (3, 4, 5), needs (2, 3, 4, 5)",
        ),
        (lambda: F.mean(X, 4), "mean: dim: got 4, needs an integer from -4 to 3"),
        (
            lambda: F.mean(X, (1, -3)),
            "mean: dim: got (1, -3), needs one or more axes of (2, 3, 4, 5), each once",
        ),
        (lambda: F.mean(X, ()), "mean: dim: got (), needs one or more axes"),
        (lambda: F.mean(np.ones(()), 0), "mean: dim: got 0, needs one or more axes of ()"),
        (lambda: F.mean(X[:, :0], 1), "mean: input: got shape (2, 0, 4, 5), needs elements along 1"),
        (lambda: F.mean(X, 1, 1), "mean: keepdim: got 1, needs True or False"),
        (
            lambda: grad.mean_input(X, (2, 3), 1),
            "mean_input: grad_output: got shape (2, 3, 4, 5), needs (2,)",
        ),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        call()
