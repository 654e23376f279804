"""CIFAR-10 and CIFAR-100 (A. Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html)."""

import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fastconv.data import plain_pickle
from fastconv.data.dataset import Dataset, Samples, StrPath, as_path, as_samples, dataset
from fastconv.data.idx_format import GZIP_MAGIC
from fastconv.types import Array
from fastconv.validate import flag

PIXELS = 3 * 32 * 32
"""Bytes of an image: 32 rows of 32 pixels, red, then green, then blue."""
LARGEST = 1 << 28
"""Bytes of the largest file that is read; those of CIFAR have 184 million at most."""


@dataclass(frozen=True)
class _Form:
    """One form in which a data set is given out."""

    folder: str
    archive: str
    train: tuple[str, ...]
    test: str
    names: str

    @property
    def needed(self) -> tuple[str, ...]:
        """The files with images."""
        return (*self.train, self.test)

    @property
    def binary(self) -> bool:
        """Whether it is the binary form: records of labels and pixels."""
        return self.test.endswith(".bin")


CIFAR10 = (
    _Form(
        "cifar-10-batches-bin", "cifar-10-binary.tar.gz",
        tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin", "batches.meta.txt",
    ),
    _Form(
        "cifar-10-batches-py", "cifar-10-python.tar.gz",
        tuple(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta",
    ),
)  # fmt: skip
CIFAR100 = (
    _Form("cifar-100-binary", "cifar-100-binary.tar.gz", ("train.bin",), "test.bin", "{}_label_names.txt"),
    _Form("cifar-100-python", "cifar-100-python.tar.gz", ("train",), "test", "meta"),
)


def cifar10(folder: StrPath) -> Dataset:
    """CIFAR-10: 50,000 + 10,000 colour images of 32x32 pixels in 10 classes, (N, 3, 32, 32).

    `folder` holds the files of the binary or of the Python version, or their folder, or the .tar.gz archive
    as it was downloaded; it may also be the archive itself. The Python version is read without unpickling.

    Raises FileNotFoundError where there is none of these, ValueError, naming the file, for one that is
    missing, is not whole, or holds something else.
    """
    return _read("cifar10", folder, CIFAR10, "labels")


def cifar100(folder: StrPath, coarse: bool = False) -> Dataset:
    """CIFAR-100: 50,000 + 10,000 colour images of 32x32 pixels in 100 classes, or in 20 if `coarse`.

    `folder` and errors are as for `cifar10`.
    """
    coarse = flag("cifar100", "coarse", coarse)
    return _read("cifar100", folder, CIFAR100, "coarse_labels" if coarse else "fine_labels")


def _read(function: str, folder: StrPath, forms: tuple[_Form, ...], labels: str) -> Dataset:
    form, place, contents = _found(function, as_path(folder, function, "folder"), forms, labels)
    where = f"{function}: {place}"
    parse = _records if form.binary else _pickled
    parts = [parse(contents[name], f"{where}: {name}", labels) for name in form.needed]
    train = np.concatenate([part[0] for part in parts[:-1]]), np.concatenate([part[1] for part in parts[:-1]])
    name = _names_file(form, labels)
    classes = _classes(contents[name], form.binary, labels, f"{where}: {name}") if name in contents else ()
    return dataset(_samples(train, where), _samples(parts[-1], where), str(place), where, classes)


def _samples(part: tuple[Array, Array], where: str) -> Samples:
    images, labels = part
    return as_samples(images.reshape(-1, 3, 32, 32), labels, where, "NCHW")


def _names_file(form: _Form, labels: str) -> str:
    return form.names.format(labels.partition("_")[0])


def _found(
    function: str, path: Path, forms: tuple[_Form, ...], labels: str
) -> tuple[_Form, Path, dict[str, bytes]]:
    """The form that lies at a path, where it is, and the contents of its files."""
    if path.is_file():
        return _from_archive(function, path, forms, labels)
    for form in forms:
        for place in (path, path / form.folder):
            if any((place / name).is_file() for name in form.needed):
                return form, place, _from_folder(function, place, form, labels)
    for form in forms:
        if (path / form.archive).is_file():
            return _from_archive(function, path / form.archive, forms, labels)
    if not path.is_dir():
        raise FileNotFoundError(f"{function}: {path}: no such folder")
    needs = " or ".join(f"{form.needed[0]}, {form.folder}/, {form.archive}" for form in forms)
    raise FileNotFoundError(f"{function}: {path}: got a folder without the data, needs one with {needs}")


def _from_folder(function: str, place: Path, form: _Form, labels: str) -> dict[str, bytes]:
    names = _names_file(form, labels)
    contents = {}
    for name in (*form.needed, names):
        if (place / name).is_file():
            contents[name] = (place / name).read_bytes()
    return _complete(function, place, form, contents)


def _from_archive(
    function: str, path: Path, forms: tuple[_Form, ...], labels: str
) -> tuple[_Form, Path, dict[str, bytes]]:
    """The files inside an archive, read into memory: whatever their paths are, nothing is written."""
    wanted = {name for form in forms for name in (*form.needed, _names_file(form, labels))}
    contents: dict[str, bytes] = {}
    try:
        with path.open("rb") as packed:
            mode: Literal["r:gz", "r:"] = "r:gz" if packed.read(2) == GZIP_MAGIC else "r:"
        with tarfile.open(path, mode) as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if not member.isfile() or name not in wanted or name in contents:
                    continue
                if member.size > LARGEST:
                    raise ValueError(
                        f"{function}: {path}: {name}: got {member.size} bytes, needs at most {LARGEST}"
                    )
                file = archive.extractfile(member)
                contents[name] = b"" if file is None else file.read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        got = f"got an archive that cannot be read ({error})"
        raise ValueError(f"{function}: {path}: {got}, needs a whole .tar.gz file") from error
    form = max(forms, key=lambda form: len(contents.keys() & set(form.needed)))
    return form, path, _complete(function, path, form, contents)


def _complete(function: str, place: Path, form: _Form, contents: dict[str, bytes]) -> dict[str, bytes]:
    """The contents, none of them missing."""
    missing = [name for name in form.needed if name not in contents]
    if missing:
        raise ValueError(
            f"{function}: {place}: got no {', '.join(missing)}, needs all of {', '.join(form.needed)}"
        )
    return contents


def _records(content: bytes, where: str, labels: str) -> tuple[Array, Array]:
    """Images (N, 3072) and labels (N,) of a binary file: of CIFAR-100 two labels stand before an image."""
    before = 1 if labels == "labels" else 2
    record = before + PIXELS
    if not content or len(content) % record:
        raise ValueError(
            f"{where}: got {len(content)} bytes, needs a multiple of {record}: labels and pixels"
        )
    table = np.frombuffer(content, np.uint8).reshape(-1, record)
    return table[:, before:], table[:, 1 if labels == "fine_labels" else 0]


def _pickled(content: bytes, where: str, labels: str) -> tuple[Array, Array]:
    """Images (N, 3072) and labels (N,) of a file of the Python version."""
    table = _unpickled(content, where)
    images, classes = table.get("data"), table.get(labels)
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (PIXELS,):
        got = f"{images.dtype} of shape {images.shape}" if isinstance(images, np.ndarray) else "no array"
        raise ValueError(f"{where}: data: got {got}, needs uint8 (N, {PIXELS})")
    if isinstance(classes, list) and all(type(label) is int and abs(label) < 1 << 31 for label in classes):
        classes = np.array(classes, np.int64)
    if not isinstance(classes, np.ndarray) or classes.shape != (len(images),):
        got = f"{len(classes)} values" if isinstance(classes, (list, np.ndarray)) else "no list"
        raise ValueError(f"{where}: {labels}: got {got}, needs {len(images)} class numbers")
    return images, classes


def _unpickled(content: bytes, where: str) -> dict[str, Any]:
    try:
        table = plain_pickle.loads(content)
    except ValueError as error:
        needs = "numbers, text and arrays of them alone"
        raise ValueError(f"{where}: got a pickle that is not read ({error}), needs {needs}") from error
    if not isinstance(table, dict):
        raise ValueError(f"{where}: got a {type(table).__name__}, needs a dict")
    return table


def _classes(content: bytes, binary: bool, labels: str, where: str) -> tuple[str, ...]:
    """The names of the classes."""
    if binary:
        return tuple(content.decode("utf-8", "replace").split())
    key = "label_names" if labels == "labels" else labels.replace("labels", "label_names")
    names = _unpickled(content, where).get(key)
    if not isinstance(names, list) or not all(isinstance(name, (str, bytes)) for name in names):
        raise ValueError(f"{where}: got no list {key} of names")
    return tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in names)
