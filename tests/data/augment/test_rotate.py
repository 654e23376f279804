import numpy as np
import pytest

from fastconv.data.augment import Rotate
from fastconv.data.augment.rotate import turned

ZERO = np.zeros((1, 1, 1))


def test_a_quarter_turn_is_counter_clockwise(rng):
    images = rng.random((3, 2, 5, 5))
    found = turned(images, np.array([90.0, -90.0, 180.0]), ZERO)
    expected = [np.rot90(image, k, axes=(1, 2)) for image, k in zip(images, (1, -1, 2), strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_turn_changes_no_bit(rng, dtype):
    for size in ((5, 5), (4, 7), (1, 1)):
        images = rng.random((2, 3, *size)).astype(dtype)
        np.testing.assert_array_equal(turned(images, np.zeros(2), ZERO), images)


def test_an_eighth_of_a_turn_by_hand():
    """The corners of 2x2 pixels are sqrt(1/2) from the centre, half a pixel from the pixels' own lines.

    Turned by 45 degrees, each takes the mean of two neighbours, sqrt(1/2) - 1/2 beyond the line between them.
    """
    images = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    outside = np.sqrt(0.5) - 0.5
    means = np.array([[1.5, 3.0], [2.0, 3.5]])
    found = turned(images, np.array([45.0]), np.full((1, 1, 1), 10.0))[0, 0]
    np.testing.assert_allclose(found, (1 - outside) * means + outside * 10, atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("size", [(6, 6), (5, 8)])
def test_the_same_as_pytorchs_grid(rng, size):
    torch = pytest.importorskip("torch")
    images, angles = rng.random((4, 3, *size)), np.array([-170.0, -20.0, 7.5, 60.0])
    a = np.deg2rad(angles)
    ratio = size[0] / size[1]
    zeros = np.zeros_like(a)
    matrix = np.array([[np.cos(a), -np.sin(a) * ratio, zeros], [np.sin(a) / ratio, np.cos(a), zeros]])
    grid = torch.nn.functional.affine_grid(
        torch.tensor(matrix.transpose(2, 0, 1)), images.shape, align_corners=False
    )
    expected = torch.nn.functional.grid_sample(torch.tensor(images), grid, align_corners=False).numpy()
    np.testing.assert_allclose(turned(images, angles, ZERO), expected, atol=1e-12)
    single = turned(images.astype(np.float32), angles, ZERO.astype(np.float32))
    np.testing.assert_allclose(single, expected, atol=1e-5)


def test_angles_are_up_to_the_given_one(rng):
    images = np.zeros((500, 1, 41, 41), np.float32)
    images[:, 0, 20, 40] = 1  # on the right; a turn moves it up or down by 20 sin a
    found = Rotate(30.0)(images, np.zeros(500, int), rng)[0]
    rows = found.sum(axis=(1, 3)) @ np.arange(41) / found.sum(axis=(1, 2, 3))
    reach = 20 * np.sin(np.deg2rad(30))
    assert 20 - reach - 1 <= rows.min() < 20 - 0.8 * reach
    assert 20 + 0.8 * reach < rows.max() <= 20 + reach + 1


def test_a_fill_for_each_channel(rng):
    images = np.zeros((1, 2, 4, 4), np.float32)
    found = turned(images, np.array([45.0]), np.array([1.0, 5.0], np.float32).reshape(2, 1, 1))
    np.testing.assert_allclose(found[0, 1], 5 * found[0, 0], rtol=1e-6)
    assert found[0, 0, 0, 0] > 0.5
