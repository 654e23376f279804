"""What every data source returns, and the rules that turn stored arrays into it."""

import math
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastconv.data.augment.normalize import Normalize
from fastconv.data.preparation import RAW, Preparation
from fastconv.types import Array, Indices, Shape
from fastconv.validate import integer, number, wrong_type

StrPath = str | os.PathLike[str]

Samples = tuple[Array, Indices]
"""(images, labels): float32 (N, C, H, W) in [0, 1], and int64 (N,)."""

CHANNEL_COUNTS = (1, 3, 4)
"""Grey, RGB, RGBA: the sizes by which an axis of channels is recognised."""


SHOWN = 10
"""Names of classes that a data set shows of itself."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled images, some to train on and others to test on.

    Equal to another one that has the same images, labels, classes and source.

    **Arguments:**

    - `train`: (images, labels) to train on: float32 (N, C, H, W), in [0, 1] as they are read, and
      int64 (N,).
    - `test`: (images, labels) to test on, of the same form.
    - `classes`: the name of each class, by label.
    - `source`: where the images come from, for a person to read.
    - `preparation`: what happened to the images between their files and here; `predict` has to do the same.
    - `skipped`: one line for each file that could not be read, beginning with its path.
    """

    train: Samples
    test: Samples
    classes: tuple[str, ...]
    source: str
    preparation: Preparation = RAW
    skipped: tuple[str, ...] = ()

    @property
    def input_shape(self) -> Shape:
        """The shape of one image: (C, H, W)."""
        channels, height, width = self.train[0].shape[1:]
        return channels, height, width

    def normalized(self, normalize: Normalize | None = None) -> "Dataset":
        """The same data with both parts normalised, by the statistics of the training images if None.

        `preparation` records it; a model that is trained on it keeps it for image files with
        `model.preparation = data.preparation`. ValueError for what is normalised already.
        """
        if self.preparation.normalize is not None:
            raise ValueError(
                "normalized: got a data set that is normalised already, needs one as it was read"
            )
        if normalize is None:
            normalize = Normalize.of(self.train[0])
        (train, train_labels), (test, test_labels) = self.train, self.test
        return replace(
            self,
            train=(normalize.images(train), train_labels),
            test=(normalize.images(test), test_labels),
            preparation=replace(self.preparation, normalize=normalize),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        if (self.classes, self.source) != (other.classes, other.source):
            return False
        mine, others = (*self.train, *self.test), (*other.train, *other.test)
        return all(map(np.array_equal, mine, others))

    def __repr__(self) -> str:
        train, test = len(self.train[1]), len(self.test[1])
        names = self.classes
        if len(names) > SHOWN:
            names = (*names[: SHOWN - 2], "...", names[-1])
        classes = f"{len(self.classes)} classes ({', '.join(names)})"
        skipped = f", {len(self.skipped)} files skipped" if self.skipped else ""
        images = f"{train} + {test} images {self.input_shape}"
        return f"Dataset({images}, {classes}, {self.source!r}{skipped})"


def dataset(train: Samples, test: Samples, source: str, where: str, classes: tuple[str, ...] = ()) -> Dataset:
    """Join training and test samples to a Dataset; classes without a name are called by their number.

    Raises ValueError, beginning with `where`, when they do not belong together.
    """
    if train[0].shape[1:] != test[0].shape[1:]:
        raise ValueError(
            f"{where}: got test images of shape {test[0].shape[1:]}, "
            f"needs {train[0].shape[1:]} as the training images"
        )
    count = 1 + max(int(train[1].max()), int(test[1].max()))
    if classes and len(classes) < count:
        raise ValueError(f"{where}: classes: got {len(classes)} names, needs {count}, one a class")
    if len(set(classes)) < len(classes):
        name, times = Counter(classes).most_common(1)[0]
        raise ValueError(f"{where}: classes: got {name!r} {times} times, needs a name of its own for each")
    return Dataset(train, test, classes or tuple(str(number) for number in range(count)), source)


def existing(path: StrPath, function: str, needs: str) -> Path:
    """Check that there is a file, and no folder in its place."""
    file = as_path(path, function, "path")
    if file.is_dir():
        raise ValueError(f"{function}: {path}: is a directory, needs to be {needs}")
    if not file.is_file():
        raise FileNotFoundError(f"{function}: {path}: no such file")
    return file


def as_path(path: StrPath, function: str, argument: str) -> Path:
    """Check that this can name a file or a folder."""
    if not isinstance(path, (str, os.PathLike)):
        raise wrong_type(function, argument, type(path).__name__, "a str or an os.PathLike")
    return Path(path)


def as_samples(images: Array, labels: Array, where: str, layout: str | None = None) -> Samples:
    """Bring stored images and labels into the form that models take.

    Raises ValueError, beginning with `where`, when they cannot be or their numbers differ.
    """
    samples = as_images(images, where, layout), as_labels(labels, where)
    images, labels = samples
    if len(images) != len(labels):
        raise ValueError(f"{where}: got {len(labels)} labels for {len(images)} images, needs one an image")
    return samples


def as_images(array: Array, where: str, layout: str | None = None) -> Array:
    """Stored images as contiguous float32 (N, C, H, W) in [0, 1].

    (N, H, W) is read as one channel. Of four axes, the one of 1, 3 or 4 is the channels: the last
    (NHWC) or the second (NCHW). Where both or neither would do, `layout` has to say which.
    uint8 and uint16 are divided by their largest value, bool becomes 0 and 1, floating-point
    values must be in [0, 1] already.
    """
    if array.ndim not in (3, 4) or 0 in array.shape:
        needs = "(N, H, W), (N, H, W, C) or (N, C, H, W), none of them 0"
        side = math.isqrt(array.shape[-1]) if array.ndim == 2 else 0
        if side > 1 and side**2 == array.shape[-1]:
            needs += f": images.reshape(-1, {side}, {side}) would fit"
        raise ValueError(f"{where}: images: got shape {array.shape}, needs {needs}")
    if array.ndim == 3:
        array = array[:, np.newaxis]
    elif (layout or _guess_layout(array.shape, where)) == "NHWC":
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(_unit_range(array, where))


def _guess_layout(shape: Shape, where: str) -> str:
    first, last = shape[1] in CHANNEL_COUNTS, shape[3] in CHANNEL_COUNTS
    if first == last:
        found = "both" if first else "neither"
        raise ValueError(
            f"{where}: images: got shape {shape}, {found} of (N, C, H, W) and (N, H, W, C) with 1, 3 or 4 "
            'channels; needs one of them, or layout="NCHW" or layout="NHWC" (.npz only), or (N, H, W)'
        )
    return "NCHW" if first else "NHWC"


def _unit_range(array: Array, where: str) -> NDArray[np.float32]:
    if array.dtype == np.bool_:
        return array.astype(np.float32)
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        return np.divide(array, np.float32(np.iinfo(array.dtype).max), dtype=np.float32)
    needs = "uint8, uint16, bool, or floats in [0, 1]"
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: images: got dtype {array.dtype}, needs {needs}")
    low, high = array.min(), array.max()
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(np.float32)
    found = f"{array.dtype} values from {low:g} to {high:g}"
    if not np.isfinite(low) or not np.isfinite(high):
        first = np.flatnonzero(~np.isfinite(array).all(axis=(1, 2, 3)))[0]
        raise ValueError(f"{where}: images: got {found}, first in image {first}, needs {needs}")
    raise ValueError(
        f"{where}: images: got {found}, needs {needs}: {_scaling(float(low), float(high))} would fit"
    )


def _scaling(low: float, high: float) -> str:
    """What brings images of such values into [0, 1]."""
    if low < 0:
        return f"(images - {low}) / {high - low}"
    if high <= 1:
        return "images.astype(bool)"
    return f"images / {2 ** max(8, int(high).bit_length()) - 1}, or by what white is,"


def as_labels(array: Array, where: str) -> Indices:
    """Stored class numbers, (N,) or (N, 1) of any integer type, as int64 (N,)."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iu":
        found = f"{array.dtype} of shape {array.shape}"
        raise ValueError(f"{where}: labels: got {found}, needs one integer an image, (N,){_way_out(array)}")
    # A list of class names is made up to the largest label: a stray value must not ask for a billion.
    limit = max(1000, len(array))
    for position in np.flatnonzero((array < 0) | (array >= limit)):
        found = f"{array[position]} at position {position}"
        raise ValueError(f"{where}: labels: got {found}, needs class numbers from 0 up, below {limit}")
    return array.astype(np.int64)


def _way_out(labels: Array) -> str:
    """How labels of another form become class numbers, where that is plain."""
    kind = labels.dtype.kind
    if labels.ndim == 1 and kind in "SU":
        return ": classes, labels = np.unique(labels, return_inverse=True) would fit"
    if kind not in "biuf":
        return ""
    if labels.ndim == 2 and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        return ": labels.argmax(axis=1) would fit"
    if labels.ndim == 1 and np.isfinite(labels).all() and (labels == np.floor(labels)).all():
        return ": labels.astype(int) would fit"
    return ""


def split(samples: Samples, test_fraction: float, seed: int, where: str) -> tuple[Samples, Samples]:
    """Divide images into (train, test), the same share of every class, always alike for one seed.

    The order within both stays that of the input. A class with two images or more has at
    least one in each. Only the raw stream of the bit generator is used, which NumPy keeps
    the same in all its versions.
    """
    seed = integer(where, "seed", seed, low=0, high=2**63 - 1)
    if not 0 < number(where, "test_fraction", test_fraction, 0, 1) < 1:
        raise ValueError(f"{where}: test_fraction: got {test_fraction}, needs a share between 0 and 1")
    images, labels = samples
    keys = np.random.PCG64(seed).random_raw(len(labels))
    in_test = np.zeros(len(labels), dtype=bool)
    shuffled = np.lexsort((keys, labels))
    for members in np.split(shuffled, np.flatnonzero(np.diff(labels[shuffled])) + 1):
        share = round(len(members) * test_fraction)
        if len(members) > 1:
            share = min(max(share, 1), len(members) - 1)
        in_test[members[:share]] = True
    if in_test.all() or not in_test.any():
        raise ValueError(
            f"{where}: got {len(labels)} images, too few to set {test_fraction:.0%} of them apart"
        )
    return (images[~in_test], labels[~in_test]), (images[in_test], labels[in_test])
