import math
import re

import numpy as np
import pytest

from fastconv.data.augment import Normalize
from fastconv.data.dataset import as_images, as_labels, as_samples, dataset, split


def numbered(*shape, dtype=np.uint8):
    return (np.arange(np.prod(shape)) % 251).astype(dtype).reshape(shape)


@pytest.mark.parametrize(
    ("shape", "axes", "layout"),
    [
        ((2, 5, 7), None, None),
        ((2, 5, 7, 1), (0, 3, 1, 2), None),
        ((2, 5, 7, 3), (0, 3, 1, 2), None),
        ((2, 3, 5, 7), (0, 1, 2, 3), None),
        ((2, 4, 5, 7), (0, 1, 2, 3), None),
        ((2, 3, 5, 3), (0, 1, 2, 3), "NCHW"),
        ((2, 3, 5, 3), (0, 3, 1, 2), "NHWC"),
        ((2, 6, 5, 7), (0, 1, 2, 3), "NCHW"),
    ],
)
def test_layouts(shape, axes, layout):
    stored = numbered(*shape)
    images = as_images(stored, "here", layout)
    expected = stored[:, None] if axes is None else stored.transpose(axes)
    assert images.dtype == np.float32
    assert images.flags.c_contiguous
    np.testing.assert_array_equal(images, expected.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (np.array([0, 51, 255], np.uint8), [0, 0.2, 1]),
        (np.array([0, 13107, 65535], np.uint16), [0, 0.2, 1]),
        (np.array([False, True, True]), [0, 1, 1]),
        (np.array([0, 0.25, 1], np.float16), [0, 0.25, 1]),
        (np.array([0, 0.25, 1], ">f8"), [0, 0.25, 1]),
    ],
)
def test_values_are_scaled_by_their_type(stored, expected):
    images = as_images(stored.reshape(1, 1, 3), "here")
    assert images.dtype == np.dtype("=f4")
    np.testing.assert_array_equal(images.ravel(), np.array(expected, np.float32))


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (numbered(5, 7), "here: images: got shape (5, 7), needs (N, H, W)"),
        (numbered(2, 5, 7, 3, 1), "here: images: got shape (2, 5, 7, 3, 1), needs (N, H, W)"),
        (numbered(0, 5, 7), "here: images: got shape (0, 5, 7), needs"),
        (numbered(2, 3, 5, 3), "here: images: got shape (2, 3, 5, 3), both of (N, C, H, W) and (N, H, W, C)"),
        (numbered(2, 5, 6, 7), "here: images: got shape (2, 5, 6, 7), neither of"),
        (
            numbered(2, 49),
            "here: images: got shape (2, 49), needs (N, H, W), (N, H, W, C) or (N, C, H, W), none "
            "of them 0: images.reshape(-1, 7, 7) would fit",
        ),
        (
            numbered(2, 5, 7, dtype=np.int64),
            "here: images: got int64 values from 0 to 69, needs uint8, uint16, bool, or floats in [0, 1]: "
            "images / 255, or by what white is, would fit",
        ),
        (
            np.full((1, 2, 2), 4095, np.int16),
            "here: images: got int16 values from 4095 to 4095, needs uint8, "
            "uint16, bool, or floats in [0, 1]: images / 4095, or",
        ),
        (
            np.eye(2, dtype=np.int32)[None],
            "here: images: got int32 values from 0 to 1, needs uint8, uint16, bool, or "
            "floats in [0, 1]: images.astype(bool) would fit",
        ),
        (
            np.array([[[-128, 127]]], np.int8),
            "here: images: got int8 values from -128 to 127, needs uint8, uint16, "
            "bool, or floats in [0, 1]: (images - -128.0) / 255.0 would fit",
        ),
        (numbered(2, 5, 7, dtype=np.complex64), "here: images: got dtype complex64, needs uint8"),
        (
            np.full((1, 2, 2), 1.5),
            "here: images: got float64 values from 1.5 to 1.5, needs uint8, uint16, bool, or "
            "floats in [0, 1]: images / 255, or",
        ),
        (np.full((1, 2, 2), -0.5), "here: images: got float64 values from -0.5 to -0.5, needs"),
        (np.full((1, 2, 2), np.nan), "here: images: got float64 values from nan to nan, first in image 0"),
        (
            np.array([0, 1, np.inf]).reshape(3, 1, 1),
            "here: images: got float64 values from 0 to inf, first in image 2",
        ),
        (np.full((1, 2, 2), "a"), "here: images: got dtype <U1, needs uint8"),
    ],
)
def test_images_that_cannot_be_read(stored, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        as_images(stored, "here")


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, ">i4", np.uint64])
def test_labels_of_any_integer_type(dtype):
    for shape in ((3,), (3, 1)):
        labels = as_labels(np.array([0, 9, 200], dtype).reshape(shape), "here")
        assert labels.dtype == np.dtype("=i8")
        assert labels.tolist() == [0, 9, 200]


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (
            np.eye(3, dtype=int),
            "here: labels: got int64 of shape (3, 3), needs one integer an image, (N,): "
            "labels.argmax(axis=1) would fit",
        ),
        (
            np.zeros(3),
            "here: labels: got float64 of shape (3,), needs one integer an image, (N,): "
            "labels.astype(int) would fit",
        ),
        (
            np.array(["cat", "dog"]),
            "here: labels: got <U3 of shape (2,), needs one integer an image, (N,): "
            "classes, labels = np.unique(labels, return_inverse=True) would fit",
        ),
        (np.array([0.5, 1]), "here: labels: got float64 of shape (2,), needs one integer an image, (N,)"),
        (np.array([np.nan, 1]), "here: labels: got float64 of shape (2,), needs one integer an image, (N,)"),
        (np.zeros((3, 0)), "here: labels: got float64 of shape (3, 0), needs one integer an image, (N,)"),
        (np.zeros((3, 2)), "here: labels: got float64 of shape (3, 2), needs one integer an image, (N,)"),
        (np.array(1), "here: labels: got int64 of shape (), needs one integer an image, (N,)"),
        (np.array([0, 1, -1]), "here: labels: got -1 at position 2, needs class numbers from 0 up"),
        (np.array([0, 10**9]), "here: labels: got 1000000000 at position 1, needs class numbers from 0 up"),
    ],
)
def test_labels_that_cannot_be_read(stored, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        as_labels(stored, "here")


def test_as_many_labels_as_images():
    with pytest.raises(ValueError, match=r"^here: got 4 labels for 3 images, needs one an image"):
        as_samples(numbered(3, 5, 5), np.zeros(4, int), "here")


def labelled(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    labels = np.random.default_rng(5).permutation(labels)
    images = np.arange(len(labels), dtype=np.float32).reshape(-1, 1, 1, 1)
    return images, labels


def test_split_takes_the_same_share_of_every_class():
    images, labels = labelled([50, 10, 5, 2, 1])
    train, test = split((images, labels), 0.2, seed=3, where="here")
    assert np.bincount(test[1], minlength=5).tolist() == [10, 2, 1, 1, 0]
    assert np.bincount(train[1]).tolist() == [40, 8, 4, 1, 1]
    assert np.sort(np.concatenate([train[0], test[0]]).ravel()).tolist() == images.ravel().tolist()
    for part_images, part_labels in (train, test):
        places = part_images.ravel().astype(int)
        assert (np.diff(places) > 0).all()
        np.testing.assert_array_equal(part_labels, labels[places])


def test_split_keeps_two_images_of_a_class_apart_for_training_and_test():
    train, test = split(labelled([2, 2]), 0.9, seed=0, where="here")
    assert sorted(train[1]) == sorted(test[1]) == [0, 1]


def test_split_depends_on_the_seed_alone():
    part = labelled([40, 40])
    first, again, other = (split(part, 0.25, seed, "here")[1][0].ravel().tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("fraction", "error"),
    [
        (0, ValueError),
        (1, ValueError),
        (-0.1, ValueError),
        (math.nan, ValueError),
        (True, TypeError),
        ("a", TypeError),
        (None, TypeError),
    ],
)
def test_split_needs_a_share(fraction, error):
    with pytest.raises(error, match=r"^here: test_fraction: got .*, needs a (share|number)"):
        split(labelled([5]), fraction, 0, "here")


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (None, TypeError), ("a", TypeError), (True, TypeError)]
)
def test_split_needs_a_seed(seed, error):
    with pytest.raises(error, match=r"^here: seed: got .*, needs an integer"):
        split(labelled([5]), 0.2, seed, "here")


def test_split_of_too_few_images():
    with pytest.raises(ValueError, match=r"^here: got 3 images, too few to set 20% of them apart"):
        split(labelled([1, 1, 1]), 0.2, 0, "here")


def test_dataset_names_classes_by_number_up_to_the_largest_of_both_parts():
    train, test = (
        as_samples(numbered(2, 3, 3), np.array([0, 1]), "a"),
        as_samples(numbered(1, 3, 3), np.array([4]), "b"),
    )
    found = dataset(train, test, "source", "here")
    assert found.classes == ("0", "1", "2", "3", "4")
    assert found.input_shape == (1, 3, 3)
    assert dataset(train, test, "source", "here", tuple("abcdef")).classes == tuple("abcdef")
    with pytest.raises(ValueError, match=r"^here: classes: got 2 names, needs 5"):
        dataset(train, test, "source", "here", ("a", "b"))


def test_dataset_of_images_of_two_sizes():
    train, test = (
        as_samples(numbered(1, 3, 3), np.array([0]), "a"),
        as_samples(numbered(1, 3, 4), np.array([0]), "b"),
    )
    with pytest.raises(ValueError, match=r"^here: got test images of shape \(1, 3, 4\), needs \(1, 3, 3\)"):
        dataset(train, test, "source", "here")


def test_a_data_set_shows_what_it_is_in_one_line():
    part = as_samples(numbered(2, 3, 4), np.array([0, 1]), "a")
    found = dataset(part, part, "the\nsource", "here", ("cat", "dog"))
    assert repr(found) == "Dataset(2 + 2 images (1, 3, 4), 2 classes (cat, dog), 'the\\nsource')"
    many = dataset(part, part, "source", "here", tuple(map(str, range(100))))
    assert "100 classes (0, 1, 2, 3, 4, 5, 6, 7, ..., 99)" in repr(many)


def test_data_sets_with_the_same_values_are_equal():
    def made(first=0, label=1, classes=("a", "b"), source="here"):
        images = numbered(2, 3, 3)
        images[0, 0, 0] = first
        return dataset(
            as_samples(images, np.array([0, label]), "a"), as_samples(numbered(1, 3, 3), np.array([0]), "b"),
            source, "here", classes,
        )  # fmt: skip

    assert made() == made()
    for other in made(first=1), made(label=0), made(classes=("a", "c")), made(source="there"), "text", None:
        assert made() != other


def colours(count, seed=0):
    images = np.random.default_rng(seed).random((count, 3, 4, 5), np.float32)
    return images, np.arange(count) % 2


def test_both_parts_are_normalised_by_the_training_images():
    raw = dataset(colours(20), colours(6, seed=1), "source", "here")
    found = raw.normalized()
    normalize = Normalize.of(raw.train[0])
    assert found.preparation.normalize == normalize
    np.testing.assert_array_equal(found.train[0], normalize.images(raw.train[0]))
    np.testing.assert_array_equal(found.test[0], normalize.images(raw.test[0]))
    assert (found.classes, found.source, raw.preparation.normalize) == (raw.classes, raw.source, None)
    given = raw.normalized(Normalize(0.5, 0.25))
    np.testing.assert_array_equal(given.test[0], (raw.test[0] - np.float32(0.5)) / np.float32(0.25))
    with pytest.raises(ValueError, match=r"^normalized: got a data set that is normalised already"):
        given.normalized()
