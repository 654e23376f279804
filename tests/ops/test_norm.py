import re

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import reference

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 4, 5, 2)).astype(np.float32)
W, B, M, V = rng.random((4, 4), np.float32) + 0.5


def running():
    return M.copy(), V.copy()


def test_operations_are_those_of_the_backend():
    mean, var = F.channel_statistics(X)
    for ours, exact in zip((mean, var), reference.channel_statistics(X), strict=True):
        np.testing.assert_array_equal(ours, exact)
    y = reference.channel_norm(X, mean, var, W, B, 0.1)
    np.testing.assert_array_equal(F.channel_norm(X, mean, var, W, B, 0.1), y)
    np.testing.assert_array_equal(F.channel_norm(X, mean, var, W, B, 0.1, relu=True), np.maximum(y, 0))
    np.testing.assert_array_equal(F.batch_norm(X, None, None, W, B, True, eps=0.1), y)
    np.testing.assert_array_equal(F.batch_norm(X, mean, var, W, B, eps=0.1), y)
    groups = reference.channel_norm(X, *reference.channel_statistics(X, 2), W, B, 0.1)
    np.testing.assert_array_equal(F.group_norm(X, 2, W, B, 0.1), groups)
    channels = reference.channel_norm(X, *reference.channel_statistics(X, 4), W, B, 0.1)
    np.testing.assert_array_equal(F.instance_norm(X, None, None, W, B, eps=0.1), channels)
    np.testing.assert_array_equal(F.instance_norm(X, M, V, W, B, False), F.channel_norm(X, M, V, W, B))
    rows = reference.layer_norm(X, (5, 2), X[0, 0], X[0, 1], 0.1, True)
    for ours, exact in zip(F.layer_norm(X, [5, 2], X[0, 0], X[0, 1], 0.1, True), rows, strict=True):
        np.testing.assert_array_equal(ours, exact)
    np.testing.assert_array_equal(F.layer_norm(X, 2), reference.layer_norm(X, (2,)))


def test_running_statistics_move_in_place():
    mean, var = running()
    F.batch_norm(X, mean, var, training=True, momentum=0.25)
    of_batch, variance = reference.channel_statistics(X)
    np.testing.assert_allclose(mean, 0.75 * M + 0.25 * of_batch, rtol=1e-6)
    np.testing.assert_allclose(var, 0.75 * V + 0.25 * variance * 30 / 29, rtol=1e-6)
    mean, var = running()
    F.instance_norm(X, mean, var, momentum=0.25)
    of_images, variance = reference.channel_statistics(X, 4)
    np.testing.assert_allclose(mean, 0.75 * M + 0.25 * of_images.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(var, 0.75 * V + 0.25 * variance.mean(axis=0) * 10 / 9, rtol=1e-6)


def test_running_statistics_of_any_layout_move_in_place(disguised):
    mean, var = running()
    F.batch_norm(X, mean, var, training=True)
    ours = disguised(M), disguised(V)
    if not ours[0].flags.writeable:
        with pytest.raises(ValueError, match="batch_norm: running_mean: got a read-only array, needs one"):
            F.batch_norm(X, *ours, training=True)
        F.batch_norm(X, *ours)
    else:
        F.batch_norm(X, *ours, training=True)
        np.testing.assert_array_equal(ours, (mean, var))


def test_running_statistics_stay_where_nothing_is_trained():
    mean, var = running()
    F.batch_norm(X, mean, var)
    F.instance_norm(X, mean, var, use_input_stats=False)
    for wrong in ({"weight": W[:3]}, {"eps": "a"}, {"momentum": None}, {"weight": W.astype(np.float64)}):
        with pytest.raises((ValueError, TypeError)):
            F.batch_norm(X, mean, var, training=True, **wrong)
    np.testing.assert_array_equal((mean, var), (M, V))


def test_any_memory_layout(disguised):
    np.testing.assert_array_equal(F.channel_statistics(disguised(X)), F.channel_statistics(X))
    expected = F.channel_norm(X, M, V, W, B)
    given = map(disguised, (X, M, V, W, B))
    np.testing.assert_array_equal(F.channel_norm(*given), expected)
    np.testing.assert_array_equal(F.layer_norm(disguised(X), (5, 2)), F.layer_norm(X, (5, 2)))


def test_nothing_gives_nothing():
    for empty in (X[:0], X[:, :, :0]):
        assert F.batch_norm(empty, M, V).shape == empty.shape
        assert F.group_norm(empty, 2).shape == empty.shape
        assert F.layer_norm(empty[..., :0, :], (2,)).shape == (*empty.shape[:2], 0, 2)
        mean, var = M.copy(), V.copy()
        assert F.batch_norm(empty, mean, var, training=True).shape == empty.shape
        assert F.instance_norm(empty, mean, var).shape == empty.shape
        assert np.array_equal(mean, M)
        assert np.array_equal(var, V)
    y, mean, var = F.layer_norm(X[:0], (5, 2), return_statistics=True)
    assert y.shape == (0, 4, 5, 2) and mean.shape == var.shape == (0, 4)
    assert F.channel_statistics(X[:0], 2)[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: F.batch_norm(X[:, 0, 0, 0], None, None),
            "batch_norm: input: got shape (3,), needs (N, C, *) with at least one channel",
        ),
        (
            lambda: F.batch_norm(X, M, None),
            "batch_norm: running_var: got None, needs an array",
        ),
        (
            lambda: F.batch_norm(X, None, V),
            "batch_norm: running_mean: got None, needs an array",
        ),
        (
            lambda: F.batch_norm(X, None, None),
            "batch_norm: running_mean: got None, needs an array where training is False",
        ),
        (
            lambda: F.batch_norm(X, M[:3], V),
            "batch_norm: running_mean: got shape (3,), needs (4,) to match input",
        ),
        (
            lambda: F.batch_norm(X[:1, :, 0, 0], M, V, training=True),
            "batch_norm: input: got shape (1, 4), needs more than one value for each channel",
        ),
        (
            lambda: F.instance_norm(X[..., :1, :1]),
            "instance_norm: input: got shape (3, 4, 1, 1), needs more than one value for each channel of",
        ),
        (lambda: F.group_norm(X, 3), "group_norm: num_groups: got 3, needs a divisor of 4 channels"),
        (
            lambda: F.group_norm(X[:1, :, 0, 0], 4),
            "group_norm: input: got shape (1, 4), needs more than one value for each group",
        ),
        (
            lambda: F.channel_statistics(X[:0]),
            "channel_statistics: input: got shape (0, 4, 5, 2), needs elements to take the mean of",
        ),
        (
            lambda: F.channel_norm(X, X[:, :3, 0, 0], V),
            "channel_norm: mean: got shape (3, 3), needs (4,), or (3, G) with G a divisor of 4",
        ),
        (lambda: F.channel_norm(X, M, V[:3]), "channel_norm: var: got shape (3,), needs (4,) to match mean"),
        (
            lambda: F.channel_norm(X, M, V, W, B[:2]),
            "channel_norm: bias: got shape (2,), needs (4,) to match input",
        ),
        (
            lambda: F.layer_norm(X, (4, 5)),
            "layer_norm: normalized_shape: got (4, 5), needs the last axes of input, of shape (3, 4, 5, 2)",
        ),
        (
            lambda: F.layer_norm(X, ()),
            "layer_norm: normalized_shape: got (), needs the last axes of input, of shape (3, 4, 5, 2)",
        ),
        (lambda: F.layer_norm(X, 2, W), "layer_norm: weight: got shape (4,), needs (2,) to match input"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=f"^{re.escape(message)}"):
        call()
