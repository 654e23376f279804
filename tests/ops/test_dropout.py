import numpy as np
import pytest

from fastconv.functional import dropout, dropout2d, dropout_mask
from fastconv.grad import dropout2d_input, dropout_input

X = np.random.default_rng(0).standard_normal((50, 40)).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mask_is_zero_or_the_scale(dtype):
    mask = dropout_mask((100, 200), 0.2, 0, dtype)
    assert mask.dtype == dtype
    assert mask.shape == (100, 200)
    np.testing.assert_array_equal(np.unique(mask), np.array([0, 1 / 0.8], dtype))
    # 20 000 draws: 0.02 is seven standard deviations.
    assert abs(np.mean(mask == 0) - 0.2) < 0.02


def test_one_seed_gives_one_mask_in_either_type():
    narrow, wide = dropout_mask((9, 9), 0.5, 3, np.float32), dropout_mask((9, 9), 0.5, 3, np.float64)
    np.testing.assert_array_equal(narrow, wide)
    assert np.any(narrow != dropout_mask((9, 9), 0.5, 4))


def test_a_generator_goes_on_and_none_is_fresh():
    generator = np.random.default_rng(3)
    first, second = dropout_mask((9, 9), 0.5, generator), dropout_mask((9, 9), 0.5, generator)
    np.testing.assert_array_equal(first, dropout_mask((9, 9), 0.5, 3))
    assert np.any(first != second)
    assert np.any(dropout_mask((9, 9)) != dropout_mask((9, 9)))


def test_dropout_multiplies_with_the_mask():
    mask = dropout_mask(X.shape, 0.3, 5)
    np.testing.assert_array_equal(dropout(X, 0.3, rng=5), X * mask)
    np.testing.assert_array_equal(dropout_input(mask, X), X * mask)


@pytest.mark.parametrize("arguments", [{"p": 0, "rng": 1}, {"p": 0.9, "training": False}])
def test_nothing_to_drop_gives_a_copy(arguments):
    y = dropout(X, **arguments)
    np.testing.assert_array_equal(y, X)
    assert not np.shares_memory(y, X)


def test_everything_dropped_is_zero():
    np.testing.assert_array_equal(dropout(X, 1), np.zeros_like(X))


def test_any_memory_layout(disguised):
    y = dropout(disguised(X), 0.5, rng=2)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, dropout(X, 0.5, rng=2))


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (dropout, ([1.0],), TypeError, "input: got list, needs a numpy.ndarray"),
        (dropout, (X, 1.5), ValueError, "p: got 1.5, needs a number from 0 to 1"),
        (dropout, (X, 1.5, False), ValueError, "p: got 1.5, needs a number from 0 to 1"),
        (dropout, (X, True), TypeError, "p: got True, needs a number"),
        (dropout, (X, 0.5, 1), TypeError, "training: got 1, needs True or False"),
        (dropout, (X, 0.5, True, -1), ValueError, f"rng: got -1, needs an integer from 0 to {2**63 - 1}"),
        (dropout, (X, 0.5, False, "0"), TypeError, "rng: got '0', needs an integer"),
        (dropout_mask, (3,), TypeError, "shape: got 3, needs a tuple of integers"),
        (dropout_mask, ((3, -1),), ValueError, "shape: got -1, needs an integer from 0 to 2147483647"),
        (dropout_mask, ((3,), float("nan")), ValueError, "p: got nan, needs a number from 0 to 1"),
        (dropout_mask, ((3,), 0.5, 1.5), TypeError, "rng: got 1.5, needs an integer"),
        (dropout_mask, ((3,), 0.5, 1, int), TypeError, "dtype: got int64, needs float32 or float64"),
        (dropout_mask, ((3,), 0.5, 1, "real"), TypeError, "dtype: got 'real', needs float32 or float64"),
        (
            dropout_input,
            (X, X[1:]),
            ValueError,
            "grad_output: got shape (49, 40), needs (50, 40) to match mask",
        ),
        (dropout_input, (X > 0, X), TypeError, "mask: got bool, needs float32 or float64"),
    ],
)
def test_wrong_arguments(function, arguments, error, message, assert_refused):
    assert_refused(error, f"{function.__name__}: {message}", function, *arguments)


def test_dropout2d_multiplies_by_a_mask_of_channels():
    x = np.random.default_rng(0).normal(size=(3, 8, 2, 2))
    mask = dropout_mask((3, 8, 1, 1), 0.4, 7, np.float64)
    assert np.array_equal(dropout2d(x, 0.4, rng=7), x * mask)
    assert np.array_equal(dropout2d(x, 0.4, training=False), x)
    assert np.array_equal(dropout2d_input(mask, x), x * mask)
    with pytest.raises(ValueError, match=r"^dropout2d: input: got shape \(3,\), needs"):
        dropout2d(x[:, 0, 0, 0])
    with pytest.raises(ValueError, match=r"^dropout2d_input: mask: got shape \(3, 8\), needs \(3, 8, 1, 1\)"):
        dropout2d_input(mask[..., 0, 0], x)
