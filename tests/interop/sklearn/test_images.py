import numpy as np
import pytest

pytest.importorskip("sklearn")
module = pytest.importorskip("fastconv.interop.sklearn.images")

X = np.arange(2 * 5 * 6 * 3.0).reshape(2, 5, 6, 3)
CHANNELS_FIRST = X.transpose(0, 3, 1, 2)


def images(x, image_shape=None, channels="auto"):
    return module.images("owner", x, image_shape, channels)


@pytest.mark.parametrize(
    ("x", "image_shape", "channels"),
    [
        (X, None, "auto"),
        (X, None, "last"),
        (X, (5, 6, 3), "auto"),
        (X.reshape(2, -1), (5, 6, 3), "auto"),
        (X.reshape(2, -1), [5, 6, 3], "last"),
        (CHANNELS_FIRST, None, "auto"),
        (CHANNELS_FIRST, None, "first"),
        (CHANNELS_FIRST.reshape(2, -1), (3, 5, 6), "auto"),
    ],
)
def test_images_with_channels(x, image_shape, channels):
    np.testing.assert_array_equal(images(x, image_shape, channels), CHANNELS_FIRST)


def test_images_without_channels_have_one():
    np.testing.assert_array_equal(images(X[..., 0]), CHANNELS_FIRST[:, :1])
    np.testing.assert_array_equal(images(X[..., 0].reshape(2, -1), (5, 6)), CHANNELS_FIRST[:, :1])


def test_rows_stay_rows():
    rows = X.reshape(2, -1)
    assert images(rows) is rows


def test_what_is_said_goes_before_what_is_likely():
    small = np.zeros((2, 3, 8, 4))
    assert images(small, channels="first").shape == (2, 3, 8, 4)
    assert images(small, channels="last").shape == (2, 4, 3, 8)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((2, 3, 8, 4), {}, "channels: got 'auto' for samples of shape (3, 8, 4), needs channels='first' or "),
        ((2, 9, 8, 9), {}, "channels: got 'auto' for samples of shape (9, 8, 9), needs channels='first' or "),
        ((2, 9, 8, 9), {"channels": "c"}, "channels: got 'c', needs 'auto', 'first' or 'last'"),
        ((2, 1, 1, 8, 9), {}, "X: got shape (2, 1, 1, 8, 9), needs images (N, H, W), "),
        ((2, 64), {"image_shape": (8, 9)}, "X: got samples of shape (64,), needs (8, 9) as image_shape says"),
        ((2, 9, 8), {"image_shape": (8, 9)}, "X: got samples of shape (9, 8), needs (8, 9) as image_shape "),
        ((2, 64), {"image_shape": (64,)}, "image_shape: got (64,), needs (H, W), (H, W, C) or (C, H, W)"),
        ((2, 64), {"image_shape": (8, -8)}, "image_shape: got -8, needs an integer from 0 "),
    ],
)
def test_what_is_not_clear_is_refused(shape, options, message):
    with pytest.raises(ValueError, match=r"^owner: ") as error:
        images(np.zeros(shape), **options)
    assert str(error.value).startswith(f"owner: {message}")


@pytest.mark.parametrize(
    ("given", "are_images", "expected"),
    [
        (np.float32, False, np.float32),
        (np.float16, True, np.float32),
        (np.float64, True, np.float64),
        (">f4", True, np.float32),
        (np.int64, True, np.float64),
        (np.uint8, False, np.float64),
        (bool, False, np.float64),
    ],
)
def test_numbers_keep_their_values(given, are_images, expected):
    x = np.array([[0, 1], [1, 0]], given)
    found = module.numbers(x, are_images)
    assert found.dtype == expected
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, [[0, 1], [1, 0]])


def test_bytes_of_images_are_divided():
    found = module.numbers(np.array([[0, 51, 255]], np.uint8), True)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 0.2, 1]], rtol=1e-7)
