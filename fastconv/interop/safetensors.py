"""Arrays in files: safetensors, which PyTorch's users exchange too.

`save` and `load` are for state dicts. `write` and `read` are for fastconv's own files, which say in JSON, in
the header, what their arrays mean. Nothing in a file is ever executed. Other programs read the arrays as
they are.
"""

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from fastconv import exchange, validate
from fastconv.files import checked_path, replaced
from fastconv.types import Array

KIND = "a safetensors file"

KEY = "fastconv"
"""The header's entry that holds the JSON."""

FORMAT = 1
"""The version of that JSON; it grows when older readers could no longer understand it."""

STORED = (
    *("float32", "float64", "float16", "bool"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
"""The types of arrays that every version of safetensors stores."""

KINDS = {"BOOL", "C64", "BF16", *(f"F{bits}" for bits in (16, 32, 64))}
KINDS |= {f"{sign}{bits}" for sign in "IU" for bits in (8, 16, 32, 64)}
"""The types of arrays that are read, by their names in files."""

READERS = {".onnx": "onnx", ".keras": "keras"}
"""Files that another module reads, by the ends of their names."""

_logger = logging.getLogger("fastconv")


def save(state_dict: Mapping[str, Array], path: str | Path) -> None:
    """Writes a dict of name and array to `path`; a file there is replaced whole or not at all.

    Tensors of PyTorch, as a module's state dict has, are arrays too. TypeError for what is no such dict,
    ValueError for arrays that are no numbers.
    """
    if not isinstance(state_dict, Mapping):
        hint = "; its state_dict() would fit" if hasattr(state_dict, "state_dict") else ""
        needs = f"a dict of name and array{hint}"
        raise validate.wrong_type("save", "state_dict", type(state_dict).__name__, needs)
    arrays = {name: exchange.taken("save", "state_dict", array) for name, array in state_dict.items()}
    for name, array in arrays.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            got = f"{type(array).__name__} for {name!r}"
            raise validate.wrong_type("save", "state_dict", got, "a name and an array each")
        if array.dtype.newbyteorder("=").name not in STORED:
            needs = f"one of {', '.join(STORED)}"
            raise validate.wrong_value("save", "state_dict", f"{array.dtype} for {name!r}", needs)
    _replace(path, arrays, None)


def load(path: str | Path) -> dict[str, Array]:
    """The arrays of a safetensors file by name; any program may have written it.

    Numbers of half precision, float16 and bfloat16, become float32, which the logger "fastconv" says once a
    file: fastconv computes in no fewer bits. FileNotFoundError where there is no such file; ValueError,
    naming it, where it is none or holds other types that NumPy lacks (those of 8 bits and fewer).
    """
    with _opened(path) as file:
        return _arrays(path, file)


def write(path: str | Path, content: dict[str, Any], tensors: Mapping[str, Array]) -> None:
    """Writes JSON content and arrays to one file, whole or not at all."""
    _replace(path, tensors, {KEY: json.dumps({"format": FORMAT, **content})})


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The JSON content and the arrays of a file that `write` wrote; errors as for `load`."""
    with _opened(path) as file:
        text = (file.metadata() or {}).get(KEY)
        if text is None:
            raise ValueError(
                f"{path}: is a safetensors file with weights alone, without fastconv's description of a "
                "model; model.load_state_dict(fastconv.interop.safetensors.load(path)) would fit"
            )
        tensors = _arrays(path, file)
    return _content(path, text), tensors


def _content(path: str | Path, text: str) -> dict[str, Any]:
    """The JSON in the header; ValueError where another program or version wrote it."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: its description is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: is a safetensors file without fastconv's description of a model")
    if content.get("format") != FORMAT:
        got = repr(content.get("format"))[:40]
        raise ValueError(f"{path}: has format {got}, needs {FORMAT}: another version of fastconv wrote it")
    return content


@contextlib.contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    """The file, opened; ValueError where it is no safetensors file."""
    path = checked_path("load", path, KIND)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            yield file
    except (safetensors.SafetensorError, TypeError) as error:
        reader = READERS.get(Path(path).suffix.lower())
        hint = f"fastconv.interop.{reader}.load would fit" if reader else error
        raise ValueError(f"{path}: is no complete safetensors file: {hint}") from None


def _arrays(path: str | Path, file: Any) -> dict[str, Array]:
    """All arrays of a file; ValueError for types that NumPy lacks, but bfloat16."""
    kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 - a file, no dict
    if foreign := [f"{name}: {kind}" for name, kind in kinds.items() if kind not in KINDS]:
        raise ValueError(f"{path}: has types that NumPy lacks, needs floats: {validate.listed(foreign)}")
    brain = {name: file.get_slice(name).get_shape() for name, kind in kinds.items() if kind == "BF16"}
    found = _brain_floats(path, brain) if brain else {}
    for name, kind in kinds.items():
        if kind != "BF16":
            array = file.get_tensor(name)
            found[name] = array.astype(np.float32) if kind == "F16" else array
    if halves := [name for name, kind in kinds.items() if kind in ("F16", "BF16")]:
        _logger.warning("%s: half precision becomes float32: %s", path, validate.listed(halves))
    return {name: found[name] for name in kinds}


def _brain_floats(path: str | Path, shapes: dict[str, list[int]]) -> dict[str, Array]:
    """The arrays of bfloat16 of these shapes in a file that safetensors has found complete.

    Before its arrays stand the length of the header, 8 bytes, and the header, JSON with the place of each.
    """
    with Path(path).open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(start - 8))
        found = {}
        for name, shape in shapes.items():
            begin, end = header[name]["data_offsets"]
            file.seek(start + begin)
            bits = np.frombuffer(file.read(end - begin), "<u2")
            found[name] = exchange.from_bfloat16(bits).reshape(shape)
    return found


def _replace(path: str | Path, tensors: Mapping[str, Array], metadata: dict[str, str] | None) -> None:
    """Writes a file, whole or not at all."""
    path = checked_path("save", path, KIND)
    # safetensors copies memory as it lies, without a look at the strides.
    dense = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    with replaced(path) as file:
        file.write(safetensors.numpy.save(dense, metadata))
