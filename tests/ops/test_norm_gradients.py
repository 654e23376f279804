import re

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import grad, reference

rng = np.random.default_rng(0)
X, G = rng.standard_normal((2, 3, 4, 5, 2)).astype(np.float32)
W = rng.random(4, np.float32)
STATISTICS = {None: F.channel_statistics(X), 2: F.channel_statistics(X, 2), 4: F.channel_statistics(X, 4)}


@pytest.mark.parametrize(("kind", "groups"), [("batch", None), ("group", 2), ("instance", 4)])
def test_each_gradient_is_one_of_all(kind, groups):
    mean, var = STATISTICS[groups]
    dw, db, dx = reference.channel_norm_gradients(G, X, mean, var, W, 0.1)
    for ours, exact in zip(grad.channel_norm_gradients(G, X, mean, var, W, 0.1), (dw, db, dx), strict=True):
        np.testing.assert_array_equal(ours, exact)
    np.testing.assert_array_equal(getattr(grad, f"{kind}_norm_input")(G, X, mean, var, W, 0.1), dx)
    np.testing.assert_array_equal(getattr(grad, f"{kind}_norm_weight")(G, X, mean, var, 0.1), dw)
    np.testing.assert_array_equal(getattr(grad, f"{kind}_norm_bias")(G), db)


def test_given_statistics_are_constants():
    mean, var = STATISTICS[None]
    expected = (G * W[:, None, None] / np.sqrt(var + 1)[:, None, None]).astype(np.float32)
    for function in (grad.batch_norm_input, grad.instance_norm_input):
        np.testing.assert_allclose(function(G, X, mean, var, W, 1.0, False), expected, rtol=1e-6)


def test_each_gradient_of_rows_is_one_of_all():
    _, mean, var = F.layer_norm(X, (5, 2), return_statistics=True)
    w = X[0, 0]
    dw, db, dx = reference.layer_norm_gradients(G, X, mean, var, (5, 2), w, 0.1)
    np.testing.assert_array_equal(grad.layer_norm_input(G, X, mean, var, (5, 2), w, 0.1), dx)
    np.testing.assert_array_equal(grad.layer_norm_weight(G, X, mean, var, (5, 2), 0.1), dw)
    np.testing.assert_array_equal(grad.layer_norm_bias(G, (5, 2)), db)


def test_any_memory_layout(disguised):
    mean, var = STATISTICS[2]
    expected = grad.channel_norm_gradients(G, X, mean, var, W, output=X)
    ours = grad.channel_norm_gradients(*map(disguised, (G, X, mean, var, W)), output=disguised(X))
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_gives_zeros():
    dw, db, dx = grad.channel_norm_gradients(G[:0], X[:0], *STATISTICS[None])
    assert dx.shape == (0, 4, 5, 2) and not dw.any() and not db.any() and dw.shape == db.shape == (4,)
    assert len(grad.channel_norm_gradients(G[:0], X[:0], *STATISTICS[None], input_gradient=False)) == 2
    none = np.zeros((0, 4), np.float32)
    dw, db, dx = grad.layer_norm_gradients(G[:0], X[:0], none, none, (5, 2))
    assert dx.shape == (0, 4, 5, 2) and not dw.any() and dw.shape == db.shape == (5, 2)
    assert not grad.layer_norm_bias(G[:0], (5, 2)).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m, v: grad.batch_norm_input(G[1:], X, m, v),
            "batch_norm_input: grad_output: got shape (2, 4, 5, 2), needs (3, 4, 5, 2) to match input",
        ),
        (
            lambda m, v: grad.batch_norm_weight(G, X, m, v[:2]),
            "batch_norm_weight: var: got shape (2,), needs (4,) to match mean",
        ),
        (
            lambda m, v: grad.group_norm_bias(G[0, 0, 0]),
            "group_norm_bias: grad_output: got shape (2,), needs (N, C, *) with at least one",
        ),
        (
            lambda m, v: grad.channel_norm_gradients(G, X, m, v, output=X[1:]),
            "channel_norm_gradients: output: got shape (2, 4, 5, 2), needs (3, 4, 5, 2) to match input",
        ),
        (
            lambda m, v: grad.layer_norm_input(G, X, m, v, 2),
            "layer_norm_input: mean: got shape (4,), needs (3, 4, 5) to match the axes of input before n",
        ),
        (
            lambda m, v: grad.layer_norm_bias(G, 3),
            "layer_norm_bias: normalized_shape: got (3,), needs the last axes of grad_output, of shape (",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call(*STATISTICS[None])
