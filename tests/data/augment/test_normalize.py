import numpy as np
import pytest

from fastconv.data.augment import Normalize
from fastconv.data.augment import normalize as module


def test_the_formula(batch, rng):
    images, labels = Normalize((1, 2, 3), (0.5, 1, 2))(*batch, rng)
    mean, std = np.array([1, 2, 3]).reshape(3, 1, 1), np.array([0.5, 1, 2]).reshape(3, 1, 1)
    np.testing.assert_array_equal(images, ((batch[0] - mean) / std).astype(np.float32))
    assert labels is batch[1]
    np.testing.assert_array_equal(Normalize(1.0, 2.0)(*batch, rng)[0], (batch[0] - 1) / 2)


@pytest.mark.parametrize("block", [1, module.BLOCK])
def test_statistics_of_images(rng, monkeypatch, block):
    monkeypatch.setattr(module, "BLOCK", block)
    images = (rng.random((50, 3, 4, 5)) * [[[[1]], [[10]], [[0.1]]]] + 5).astype(np.float32)
    normalize = Normalize.of(images)
    exact = images.astype(np.float64)
    np.testing.assert_allclose(normalize.mean, exact.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(normalize.std, exact.std(axis=(0, 2, 3)), rtol=1e-12)
    found = normalize.images(images).astype(np.float64)
    np.testing.assert_allclose(found.mean(axis=(0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(found.std(axis=(0, 2, 3)), 1, atol=1e-4)


def test_a_channel_with_one_value(rng):
    images = rng.random((9, 2, 3, 3), np.float32)
    images[:, 1] = 0.1
    assert Normalize.of(images).std[1] == 1
    np.testing.assert_allclose(Normalize.of(images).images(images)[:, 1], 0, atol=1e-7)


def test_the_record_compares():
    assert Normalize(1.0, 2.0) == Normalize([1.0], np.array([2.0]))
    assert hash(Normalize(1.0, 2.0)) == hash(Normalize([1.0], [2.0]))
    assert Normalize(1.0, 2.0) != Normalize(1.0, 3.0)
    assert Normalize(1.0, 2.0) != "text"


def test_what_has_no_statistics():
    with pytest.raises(
        ValueError, match=r"^Normalize.of: images: got shape \(0, 1, 2, 2\), needs at least one"
    ):
        Normalize.of(np.zeros((0, 1, 2, 2)))
    with pytest.raises(
        ValueError, match=r"^Normalize.of: images: got NaN or infinity among them, needs finite"
    ):
        Normalize.of(np.full((1, 1, 2, 2), np.nan))
    with pytest.raises(TypeError, match=r"^Normalize.of: images: got uint8, needs float32 or float64"):
        Normalize.of(np.zeros((1, 1, 2, 2), np.uint8))


def test_another_number_of_channels(batch, rng):
    with pytest.raises(
        ValueError, match=r"^Normalize: mean: got \(1.0, 2.0\), needs one number, or one for each"
    ):
        Normalize((1, 2), 1.0)(*batch, rng)


def test_a_deviation_that_rounds_to_0(rng):
    images, labels = np.ones((1, 1, 2, 2), np.float32), np.zeros(1, np.int64)
    with pytest.raises(ValueError, match=r"^Normalize: std: got \(1e-60,\), needs numbers above 0"):
        Normalize(0, 1e-60)(images, labels, rng)
    assert Normalize(0, 1e-60)(images.astype(np.float64), labels, rng)[0][0, 0, 0, 0] == 1e60
