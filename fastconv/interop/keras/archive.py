"""The zip that a `.keras` file is: its members' sizes are checked before a byte of them is unpacked."""

import json
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path
from typing import Any

from fastconv.files import checked_path

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
HDF5 = b"\x89HDF\r\n\x1a\n"
"""How an HDF5 file begins."""
KIND = "a .keras file"

MOST_TEXT = 2**24
"""Bytes of JSON that are read: a thousand layers have about two millions."""
RATIO, SLACK = 32, 2**24
"""A member has at most RATIO times the bytes that it takes in the zip, and SLACK more."""

SHOWN = 200
"""Characters of a broken zip's error, which may hold some of its bytes."""

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError),
    *(RuntimeError, NotImplementedError, OverflowError, KeyError, ValueError),
)
"""What reading a broken zip raises."""


def members(path: str | Path) -> tuple[dict[str, Any], bytes]:
    """The configuration and the bytes of the weights.

    OSError where there is no such file; ValueError, naming it, where it is no file of Keras 3, or unpacks to
    more than its size lets expect.
    """
    path = _checked(path)
    with path.open("rb") as file:
        if file.read(len(HDF5)) == HDF5:
            raise ValueError(
                f"{path}: is an HDF5 file, of an older Keras or of weights alone; {_resaved(path)}"
            )
        try:
            with zipfile.ZipFile(file) as archive:
                config, metadata = (_json(archive, name) for name in (CONFIG, METADATA))
                weights = _unpacked(archive, WEIGHTS)
        except _BROKEN as error:
            raise ValueError(f"{path}: is no complete .keras file: {str(error)[:SHOWN]}") from None
    version = str(metadata.get("keras_version"))[:20]
    if not version.startswith("3."):
        raise ValueError(f"{path}: is of Keras {version}, needs Keras 3; {_resaved(path)}")
    return config, weights


def _checked(path: str | Path) -> Path:
    """The path of a file; TypeError, ValueError for what can be none, a SavedModel by its name."""
    try:
        return checked_path("keras.load", path, KIND)
    except ValueError:
        folder = Path(path)
        if not (folder / "saved_model.pb").exists():
            raise
        raise ValueError(f"{folder}: is a SavedModel, needs to be {KIND}; {_resaved(folder)}") from None


def _resaved(path: Path) -> str:
    """How the model becomes a file that fits."""
    return f"keras.models.load_model({path.name!r}).save('{path.stem}.keras') with Keras 3 would fit"


def _unpacked(archive: zipfile.ZipFile, name: str, most: int | None = None) -> bytes:
    """A member; ValueError for one that is missing or too large."""
    if name not in archive.NameToInfo:
        raise ValueError(f"there is no {name} in it")
    info = archive.getinfo(name)
    limit = RATIO * info.compress_size + SLACK if most is None else most
    if info.file_size > limit:
        raise ValueError(f"{name}: got {info.file_size} bytes, needs at most {limit}")
    with archive.open(info) as member:
        return member.read()


def _json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """The dict in a member; ValueError for what is none."""
    try:
        content = json.loads(_unpacked(archive, name, MOST_TEXT))
    except RecursionError as error:
        raise ValueError(f"{name}: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{name}: got {repr(content)[:40]}, needs a dict")
    return content
