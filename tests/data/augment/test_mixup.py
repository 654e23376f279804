import numpy as np
import pytest

from fastconv.data.augment import Mixup
from fastconv.data.augment.mixup import mixed


def test_by_hand():
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    found = mixed(values, np.array([2, 1, 0]), np.array([0.25, 0.5, 1.0]))
    np.testing.assert_array_equal(found, [[4, 5], [3, 4], [5, 6]])


def test_images_and_labels_are_mixed_alike(batch, rng):
    images, labels = batch
    mixed_images, probabilities = Mixup(1.0, classes=4)(images, labels, rng)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    # Image i is i * 90 + its own pattern, so that the shift of its values tells the partner and the share.
    moved = (mixed_images - images)[:, 0, 0, 0]
    for label, shares, shift in zip(labels, probabilities, moved, strict=True):
        partners = np.flatnonzero(shares)
        assert label in partners
        assert len(partners) <= 2
        other = int(partners.sum() - label) if len(partners) == 2 else label
        if other != label:  # 4 images on is the same class
            steps = shift / 90 / shares[other]
            assert round(float(steps)) % 4 == (other - label) % 4
            np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)


def test_probabilities_need_no_number_of_classes(batch, rng):
    given = np.eye(4)[batch[1]]
    _, probabilities = Mixup(0.4)(batch[0], given, rng)
    assert probabilities.shape == (8, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("classes", "labels", "message"),
    [
        (None, np.zeros(8, int), r"classes: got None for int64 labels of shape \(8,\), needs the number of"),
        (3, np.arange(8) % 4, "labels: got 3 at index 3, needs 0 to 2"),
        (3, np.zeros((8, 2), int), r"labels: got int64 of shape \(8, 2\), needs class numbers \(N,\), or"),
    ],
)
def test_labels_that_cannot_be_mixed(batch, rng, classes, labels, message):
    with pytest.raises(ValueError, match=f"^Mixup: {message}"):
        Mixup(0.2, classes)(batch[0], labels, rng)
    with pytest.raises(TypeError, match=r"^Mixup: labels: got float64, needs an integer type"):
        Mixup(0.2, 4)(batch[0], np.zeros(8), rng)


def test_a_small_alpha_leaves_most_images_nearly_as_they_are(rng):
    labels = np.arange(400) % 2
    _, probabilities = Mixup(0.05, classes=2)(np.zeros((400, 1, 1, 1), np.float32), labels, rng)
    sharp = (probabilities.max(axis=1) > 0.95).mean()
    assert sharp > 0.8
