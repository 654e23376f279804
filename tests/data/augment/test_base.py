import numpy as np
import pytest

from fastconv.data import augment
from fastconv.data.augment.base import for_channels

EVERY = [
    augment.Shift(2),
    augment.Crop(4, padding=1),
    augment.Flip(0.5, 0.5),
    augment.Rotate(20.0),
    augment.Noise(0.1),
    augment.Cutout(2),
    augment.Mixup(0.4, classes=4),
    augment.Normalize(0.5, 2.0),
    augment.Compose([augment.Shift(1), augment.Noise(0.1)]),
]


@pytest.fixture(params=EVERY, ids=lambda change: type(change).__name__)
def change(request):
    return request.param


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_type_and_layout(change, batch, dtype):
    images, labels = change(batch[0].astype(dtype), batch[1], np.random.default_rng(0))
    assert images.dtype == dtype
    assert images.ndim == 4
    assert images.flags.c_contiguous
    assert len(images) == len(labels) == 8


def test_one_seed_gives_the_same_bits_and_another_one_others(change, batch):
    first, again, other = (change(*batch, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    if not isinstance(change, augment.Normalize):
        assert not np.array_equal(first[0], other[0])


def test_the_arguments_stay_as_they_are(change, batch):
    images, labels = (array.copy() for array in batch)
    images.setflags(write=False)
    labels.setflags(write=False)
    changed, _ = change(images, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(images, batch[0])
    assert not np.shares_memory(changed, images)


@pytest.mark.parametrize("form", ["channels last", "strided", "big-endian", "misaligned"])
def test_any_memory(change, batch, form):
    images, labels = batch
    if form == "channels last":
        given = np.ascontiguousarray(images.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    elif form == "strided":
        given = np.repeat(images, 2, axis=3)[..., ::2]
    elif form == "big-endian":
        given, labels = images.astype(">f4"), labels.astype(">i8")
    else:
        given = np.frombuffer(b"\0" + images.tobytes(), np.uint8)[1:].view(np.float32).reshape(images.shape)
    expected = change(*batch, np.random.default_rng(0))
    found = change(given, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_no_images(change):
    images, labels = change(np.zeros((0, 1, 6, 6), np.float32), np.zeros(0, int), np.random.default_rng(0))
    assert len(images) == len(labels) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"images": [1]}, TypeError, "images: got list, needs a numpy.ndarray"),
        ({"images": np.zeros((8, 3, 5, 6), np.uint8)}, TypeError, "images: got uint8, needs float32 or"),
        (
            {"images": np.zeros((8, 5, 6), np.float32)},
            ValueError,
            r"images: got shape \(8, 5, 6\), needs \(N, ",
        ),
        ({"labels": [1] * 8}, TypeError, "labels: got list, needs a numpy.ndarray"),
        (
            {"labels": np.zeros(7, int)},
            ValueError,
            r"labels: got shape \(7,\) for 8 images, needs one label an",
        ),
        ({"labels": np.array(1)}, ValueError, r"labels: got shape \(\) for 8 images"),
        ({"rng": 0}, TypeError, "rng: got int, needs a Generator"),
    ],
)
def test_what_is_no_batch(change, batch, arguments, error, message):
    given = {"images": batch[0], "labels": batch[1], "rng": np.random.default_rng(0), **arguments}
    with pytest.raises(error, match=f"^{type(change).__name__}: {message}"):
        change(**given)


def test_a_value_for_each_channel(batch):
    assert for_channels("f", "fill", 0.5, batch[0]).tolist() == [[[0.5]]]
    assert for_channels("f", "fill", (1, 2, 3), batch[0]).shape == (3, 1, 1)
    with pytest.raises(
        ValueError, match=r"^f: fill: got \(1, 2\), needs one number, or one for each of the 3"
    ):
        for_channels("f", "fill", (1, 2), batch[0])


def test_settings_are_checked_when_they_change():
    change = augment.Shift(2)
    change.pixels = 3
    assert change.pixels == (3, 3)
    with pytest.raises(ValueError, match=r"^Shift: pixels: got -1"):
        change.pixels = -1
    with pytest.raises(AttributeError, match=r"^Shift: size: there is no such setting"):
        change.size = 3


@pytest.mark.parametrize(
    ("kind", "arguments", "error", "message"),
    [
        (augment.Shift, {"pixels": -1}, ValueError, "pixels: got -1, needs an integer from 0"),
        (augment.Shift, {"pixels": 1.5}, TypeError, "pixels: got 1.5, needs an integer"),
        (augment.Shift, {"fill": "a"}, TypeError, "fill: got 'a', needs a number"),
        (augment.Shift, {"fill": np.nan}, ValueError, "fill: got nan, needs a number from -inf to inf"),
        (augment.Shift, {"fill": ()}, ValueError, r"fill: got \(\), needs a number, or one for each channel"),
        (augment.Crop, {"size": 0}, ValueError, "size: got 0, needs an integer from 1"),
        (augment.Crop, {"size": 3, "padding": -1}, ValueError, "padding: got -1, needs an integer from 0"),
        (augment.Flip, {"p": 1.5}, ValueError, "p: got 1.5, needs a number from 0 to 1"),
        (augment.Flip, {"vertical": True}, TypeError, "vertical: got True, needs a number"),
        (augment.Rotate, {"degrees": 181}, ValueError, "degrees: got 181, needs a number from 0 to 180"),
        (augment.Noise, {"std": -1}, ValueError, "std: got -1, needs a number from 0 to inf"),
        (augment.Noise, {"std": np.inf}, ValueError, "std: got inf, needs a finite number"),
        (
            augment.Cutout,
            {"size": (3, 4, 5)},
            ValueError,
            r"size: got \(3, 4, 5\), needs one integer or a pair",
        ),
        (augment.Mixup, {"alpha": 0}, ValueError, "alpha: got 0, needs a number above 0"),
        (augment.Mixup, {"classes": 0}, ValueError, "classes: got 0, needs an integer from 1"),
        (augment.Normalize, {"mean": 0, "std": 0}, ValueError, "std: got 0, needs numbers above 0"),
        (augment.Normalize, {"mean": "a", "std": 1}, TypeError, "mean: got 'a', needs a number"),
        (augment.Compose, {"steps": 3}, TypeError, "steps: got 3, needs a list of augmentations"),
        (
            augment.Compose,
            {"steps": [3]},
            TypeError,
            r"steps\[0\]: got 3, needs an augmentation, or a function",
        ),
    ],
)
def test_settings_that_are_refused(kind, arguments, error, message):
    with pytest.raises(error, match=f"^{kind.__name__}: {message}"):
        kind(**arguments)


def test_shown_as_it_is_made():
    shown = repr(augment.Compose([augment.Shift(1), augment.Mixup(0.2)]))
    assert shown == "Compose([Shift(pixels=(1, 1), fill=0.0), Mixup(alpha=0.2, classes=None)])"
