"""Folders of image files: one folder a class."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from fastconv import validate
from fastconv.data import pictures
from fastconv.data.dataset import Dataset, Samples, StrPath, as_path, dataset, split
from fastconv.data.preparation import Preparation
from fastconv.types import Array, Pair

TESTS = "test", "val"
"""Names of the folder with the test images, in the order in which they are looked for."""
IGNORED = {"thumbs.db", "desktop.ini"}
"""Files that systems leave beside images, as they leave names that begin with a dot."""

log = logging.getLogger("fastconv.data")

Found = list[tuple[Path, int]]
"""Files, each with its class."""


def image_folder(
    folder: StrPath,
    size: Pair | None = None,
    channels: int | None = None,
    crop: bool = False,
    value_range: tuple[float, float] | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Read image files that lie in one folder for each class, and deeper inside it; needs Pillow.

    The classes have the folders' names, in alphabetical order. A folder `train` with the classes' folders in
    it, beside one like it named `test` or else `val`, divides the images; without it, `test_fraction` of
    every class is set apart, chosen by `seed`. Photographs are turned upright, transparency lies on white,
    and values become float32 in [0, 1] by what each file's type says of black and white.

    A file that cannot be read is named in a warning of the logger "fastconv.data", which without a setting of
    one's own is a line on stderr, and in the data set's `skipped`. Only names that begin with a dot, and
    Thumbs.db and desktop.ini, are passed over in silence.

    Raises FileNotFoundError where there is no such folder, ValueError for images of several sizes without
    `size`, for a class without images, for a class in the test that training does not have, and where Pillow
    is missing.

    **Arguments:**

    - `folder`: where the classes' folders are.
    - `size`: height and width to resize all images to: one number for both, or a pair; None needs images that
      all have the same. Smaller is by averaging areas, larger linear.
    - `channels`: 1 is grey, 3 colour, 4 colour and opacity; None is 1 where all files are grey, else 3.
    - `crop`: whether images of other proportions than `size` lose what is too much at their edges; else they
      are stretched.
    - `value_range`: the values of grey images that become 0 and 1, where the files do not say it.
    - `test_fraction`: the share of each class that is for the test, where no folder says it.
    - `seed`: decides which.
    """
    options = _Options(*_arguments(size, channels, crop, value_range))
    where, root = f"image_folder: {folder}", as_path(folder, "image_folder", "folder")
    pictures.need_pillow()
    if not root.is_dir():
        raise FileNotFoundError(f"{where}: no such folder")
    train, test = _parts(root)
    classes = [path.name for path in _folders(train)]
    if not classes:
        raise ValueError(f"{where}: got no folders in {train}, needs one for each class")
    files = [_files(part, classes, where) for part in (train, test) if part]
    if options.channels is None:
        options.channels = 1 if all(pictures.is_grey(path) for part in files for path, _ in part) else 3
    reader = _Reader(options, where)
    parts = [reader.read(part) for part in files]
    _check_classes(parts[0], classes, where, reader.skipped)
    if len(parts) == 1:
        parts = list(split(parts[0], test_fraction, seed, where))
    found = dataset(parts[0], parts[1], str(folder), where, tuple(classes))
    how = Preparation(options.value_range, options.crop)
    return replace(found, preparation=how, skipped=tuple(reader.skipped))


@dataclass
class _Options:
    """How a picture is read."""

    size: pictures.Size
    channels: int | None
    crop: bool
    value_range: pictures.Range | None


def _arguments(
    size: Pair | None, channels: int | None, crop: bool, value_range: tuple[float, float] | None
) -> tuple[pictures.Size, int | None, bool, pictures.Range | None]:
    """The arguments, checked."""
    if channels is not None and channels not in pictures.MODES:
        raise validate.wrong_value("image_folder", "channels", repr(channels), "1, 3, 4 or None")
    crop = validate.flag("image_folder", "crop", crop)
    if crop and size is None:
        raise validate.wrong_value("image_folder", "crop", crop, "a size to crop to: size=(32, 32)")
    if value_range is not None:
        if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
            raise validate.wrong_type("image_folder", "value_range", repr(value_range), "(low, high) or None")
        largest = float(np.finfo(np.float32).max)
        low, high = (
            validate.number("image_folder", "value_range", end, -largest, largest) for end in value_range
        )
        if not low < high:
            raise validate.wrong_value("image_folder", "value_range", value_range, "low below high")
        value_range = low, high
    pair: pictures.Size = (None, None) if size is None else validate.pair("image_folder", "size", size)
    return pair, channels, crop, value_range


def _parts(root: Path) -> tuple[Path, Path | None]:
    """The folders of training and test; a folder `train` without folders in it is a class."""
    train = root / "train"
    if train.is_dir() and _folders(train):
        for name in TESTS:
            if (root / name).is_dir():
                return train, root / name
        return train, None
    return root, None


def _folders(place: Path) -> list[Path]:
    return sorted(
        (path for path in place.iterdir() if path.is_dir() and path.name[0] != "."), key=lambda p: p.name
    )


def _files(part: Path, classes: list[str], where: str) -> Found:
    """The files of one part, class by class, in alphabetical order."""
    names = [path.name for path in _folders(part)]
    if unknown := [name for name in names if name not in classes]:
        raise ValueError(
            f"{where}: got {validate.listed(unknown)} in {part}, needs the classes of the training"
        )
    return [(path, label) for label, name in enumerate(classes) for path in _within(part / name)]


def _within(folder: Path) -> Iterator[Path]:
    """All files in a folder and deeper, without those that no person put there."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            if name[0] != "." and name.lower() not in IGNORED:
                yield Path(place, name)


@dataclass
class _Reader:
    """Reads pictures of one size, that of the first if none is asked for."""

    options: _Options
    where: str
    skipped: list[str] = field(default_factory=list)
    sizes: dict[tuple[int, int], Path] = field(default_factory=dict)

    def read(self, files: Found) -> Samples:
        """Images and labels of all files that can be read; ValueError where there are none, or two sizes."""
        images: Array | None = None
        labels: list[int] = []
        for path, label in files:
            image = self._image(path)
            if image is None:
                continue
            if images is None:
                images = np.empty((len(files), *image.shape), np.float32)
            images[len(labels)] = image
            labels.append(label)
        if images is None:
            raise ValueError(f"{self.where}: got {self._nothing(len(files))}, needs images")
        return images[: len(labels)], np.array(labels, np.int64)

    def _image(self, path: Path) -> Array | None:
        """A picture (C, H, W); None for one that cannot be read, which is told."""
        channels, limits = self.options.channels or 3, self.options.value_range
        try:
            image = pictures.read(path, channels, self.options.size, limits, self.options.crop)
        except (ValueError, OSError) as error:
            reason = (
                f"{path}: {error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
            )
            self.skipped.append(" ".join(reason.split()))
            log.warning("skipped %s", self.skipped[-1])
            return None
        self.sizes.setdefault(image.shape[1:], path)
        if len(self.sizes) > 1:
            found = " and ".join(
                f"{height} x {width} ({path})" for (height, width), path in self.sizes.items()
            )
            needs = f"one size: size={min(self.sizes)} would fit"
            raise ValueError(f"{self.where}: got images of height and width {found}, needs {needs}")
        return image

    def _nothing(self, files: int) -> str:
        if not files:
            return "no files in the folders of the classes"
        return f"{files} files of which none can be read, the first because {self.skipped[0]}"


def _check_classes(part: Samples, classes: list[str], where: str, skipped: list[str]) -> None:
    """ValueError for a class without an image to train on."""
    counts = np.bincount(part[1], minlength=len(classes))
    if empty := [name for name, count in zip(classes, counts, strict=True) if not count]:
        more = f" ({len(skipped)} files were skipped)" if skipped else ""
        raise ValueError(
            f"{where}: got no images of {validate.listed(empty)}{more}, needs some of each class"
        )
