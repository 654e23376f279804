import numpy as np
import pytest

from fastconv.data.augment import Crop, Flip, Rotate, Shift
from fastconv.data.augment.moves import padded


def shifted(image, down, right, fill):
    """One image (C, H, W), moved pixel by pixel."""
    result = np.empty_like(image)
    result[:] = np.reshape(fill, (-1, 1, 1))
    _, height, width = image.shape
    for y in range(height):
        for x in range(width):
            if 0 <= y - down < height and 0 <= x - right < width:
                result[:, y, x] = image[:, y - down, x - right]
    return result


@pytest.mark.parametrize("fill", [0.0, (-1.0, -2.0, -3.0)])
def test_each_image_is_shifted_by_whole_pixels(batch, rng, fill):
    images, labels = Shift((2, 1), fill)(*batch, rng)
    assert labels is batch[1]
    found = set()
    for before, after in zip(batch[0], images, strict=True):
        ways = [
            (down, right)
            for down in range(-2, 3)
            for right in (-1, 0, 1)
            if np.array_equal(after, shifted(before, down, right, fill))
        ]
        assert len(ways) == 1
        found.update(ways)
    assert len(found) > 3


def test_every_shift_comes_equally_often():
    images = np.zeros((3000, 1, 5, 5), np.float32)
    images[:, 0, 2, 2] = 1
    places = Shift(1)(images, np.zeros(3000, int), np.random.default_rng(0))[0].sum(axis=0)[0]
    np.testing.assert_allclose(places[1:4, 1:4], 3000 / 9, rtol=0.2)
    assert places.sum() == 3000


def test_no_shift(batch, rng):
    np.testing.assert_array_equal(Shift(0)(*batch, rng)[0], batch[0])


@pytest.mark.parametrize(("size", "padding"), [((3, 2), 0), (5, 1), ((9, 8), (2, 1)), ((5, 6), 4)])
def test_each_window_is_one_of_the_padded_image(batch, rng, size, padding):
    images, _ = Crop(size, padding, fill=-1.0)(*batch, rng)
    high, wide = (size, size) if isinstance(size, int) else size
    up, side = (padding, padding) if isinstance(padding, int) else padding
    assert images.shape == (8, 3, high, wide)
    larger = np.pad(batch[0], ((0, 0), (0, 0), (up, up), (side, side)), constant_values=-1)
    for image, window in zip(larger, images, strict=True):
        places = [
            (y, x)
            for y in range(image.shape[1] - high + 1)
            for x in range(image.shape[2] - wide + 1)
            if np.array_equal(image[:, y : y + high, x : x + wide], window)
        ]
        assert places


def test_images_that_are_too_small(batch, rng):
    message = (
        r"^Crop: size: got \(8, 8\) of images of \(5, 6\) with padding \(1, 1\), needs at most \(7, 8\)$"
    )
    with pytest.raises(ValueError, match=message):
        Crop(8, padding=1)(*batch, rng)


def test_always_and_never_mirrored(batch, rng):
    images = batch[0]
    np.testing.assert_array_equal(Flip(1.0)(*batch, rng)[0], images[..., ::-1])
    np.testing.assert_array_equal(Flip(0.0)(*batch, rng)[0], images)
    np.testing.assert_array_equal(Flip(0.0, vertical=1.0)(*batch, rng)[0], images[:, :, ::-1])
    np.testing.assert_array_equal(Flip(1.0, vertical=1.0)(*batch, rng)[0], images[:, :, ::-1, ::-1])


def test_as_many_are_mirrored_as_p_says():
    images = np.tile(np.array([0, 1], np.float32), (2000, 1, 1, 1))
    flipped, _ = Flip(0.3)(images, np.zeros(2000, int), np.random.default_rng(0))
    assert flipped[:, 0, 0, 0].mean() == pytest.approx(0.3, abs=0.03)


def test_padding(batch):
    images = batch[0]
    assert padded(images, (0, 0), np.zeros((1, 1, 1))) is images
    expected = np.pad(images, ((0, 0), (0, 0), (1, 1), (2, 2)), constant_values=7)
    np.testing.assert_array_equal(padded(images, (1, 2), np.full((1, 1, 1), 7)), expected)


@pytest.mark.parametrize("change", [Flip(0.5, 0.5), Crop((3, 4))])
@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_labels_of_pixels_move_with_their_images(batch, rng, change, channels):
    pixels = np.arange(8 * 30).reshape(8, 1, 5, 6)
    images = (pixels * np.ones((3, 1, 1))).astype(np.float32)
    labels = (pixels + np.zeros((*(channels or (1,)), 1, 1), int)).reshape(8, *channels, 5, 6)
    kept = labels.copy()
    moved, masks = change(images, labels, rng)
    assert masks.shape == (8, *channels, *moved.shape[2:])
    np.testing.assert_array_equal(masks.reshape(8, -1, *moved.shape[2:])[:, 0], moved[:, 0])
    np.testing.assert_array_equal(labels, kept)


@pytest.mark.parametrize("change", [Shift(1), Crop(3, padding=1), Rotate(10.0)])
def test_labels_of_pixels_are_refused_where_something_comes_in(batch, rng, change):
    message = r": labels: got shape \(8, 5, 6\), one for each pixel, needs labels that stay where they are; a"
    with pytest.raises(ValueError, match=f"^{type(change).__name__}{message}"):
        change(batch[0], np.zeros((8, 5, 6), int), rng)
