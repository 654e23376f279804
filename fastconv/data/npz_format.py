"""NumPy's .npz files with images and labels."""

import zipfile
import zlib
from typing import Any

import numpy as np

from fastconv.data.dataset import Dataset, StrPath, as_samples, dataset, existing, split
from fastconv.types import Array

KERAS = ("x_train", "y_train", "x_test", "y_test")
PLAIN = ("images", "labels")


def npz(
    path: StrPath,
    test_fraction: float = 0.2,
    seed: int = 0,
    layout: str | None = None,
) -> Dataset:
    """Read x_train, y_train, x_test, y_test (as Keras stores them), or images and labels.

    Images are (N, H, W), (N, H, W, C) or (N, C, H, W); `layout` ("NHWC", "NCHW") decides where the
    shape alone does not (see `dataset.as_images`). Of images and labels, `test_fraction` of every
    class is set apart, chosen by `seed`. An array `classes` of strings names the classes.

    Raises FileNotFoundError for a missing file, ValueError for one that is damaged or holds
    something else (arrays of Python objects are never read); the message names the file.
    """
    if layout not in (None, "NHWC", "NCHW"):
        raise ValueError(f'npz: layout: got {layout!r}, needs None, "NHWC" or "NCHW"')
    where = f"npz: {path}"
    arrays = _load(path, where)
    classes = tuple(map(_text, arrays["classes"].ravel())) if "classes" in arrays else ()
    if set(KERAS) <= arrays.keys():
        train = as_samples(arrays["x_train"], arrays["y_train"], f"{where}: train", layout)
        test = as_samples(arrays["x_test"], arrays["y_test"], f"{where}: test", layout)
    elif set(PLAIN) <= arrays.keys():
        both = as_samples(arrays["images"], arrays["labels"], where, layout)
        train, test = split(both, test_fraction, seed, where)
    else:
        found = ", ".join(arrays) or "none"
        raise ValueError(f"{where}: got the arrays {found}, needs {', '.join(KERAS)} or {', '.join(PLAIN)}")
    return dataset(train, test, str(path), where, classes)


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _load(path: StrPath, where: str) -> dict[str, Array]:
    file = existing(path, "npz", "a .npz file")
    if not zipfile.is_zipfile(file):
        raise ValueError(f"{where}: got no .npz file, or one that was cut short; needs a whole one")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    except (ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{where}: got a file that cannot be read ({error}), needs plain arrays") from error
