"""Models in files: safetensors, with the architecture as JSON in the header.

Nothing in a file is ever executed: a layer is looked up by name among those of `fastconv.nn`. The tensors
have the names of the state dict, so that other programs read the weights as they are.
"""

import contextlib
import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from fastconv import nn, validate
from fastconv.nn.state import listed
from fastconv.types import Array

KEY = "fastconv"
"""The header's entry that holds the JSON."""

PRIVATE = "trainer."
"""What the names of tensors begin with that are not the model's."""

FORMAT = 1
"""The version of that JSON; it grows when older readers could no longer understand it."""

LAYERS = {
    name: kind
    for name, kind in vars(nn).items()
    if isinstance(kind, type) and issubclass(kind, nn.Layer) and kind is not nn.Layer
}
"""The layers that a file may name."""


def save(model: nn.Layer, path: str | Path) -> None:
    """Writes the model's architecture and parameters to `path`; a file there is replaced whole or not at all.

    ValueError for a model with layers that are not fastconv's: `load` could not build them.
    """
    write(path, {"model": description(model)}, model.state_dict())


def load(path: str | Path) -> nn.Layer:
    """The model that `save` wrote, or that of a training that `Trainer.save` wrote.

    FileNotFoundError where there is no such file; ValueError, naming it, where it holds no model.
    """
    content, tensors = read(path)
    return restored(path, content, tensors)


def description(model: nn.Layer) -> dict[str, Any]:
    """The architecture as JSON can hold it."""
    kinds = [type(layer) for layer in model.modules()]
    foreign = sorted({kind.__name__ for kind in kinds if LAYERS.get(kind.__name__) is not kind})
    if foreign:
        raise ValueError(
            f"save: model: got {', '.join(foreign)}, needs layers of fastconv.nn: load knows no others"
        )
    return model.describe()


def restored(path: str | Path, content: Mapping[str, Any], tensors: Mapping[str, Array]) -> nn.Layer:
    """The model in what `read` gave; `path` is the file's name in errors."""
    tensors = {name: array for name, array in tensors.items() if not name.startswith(PRIVATE)}
    try:
        model = build(content.get("model"))
        wrong = [
            f"{name}: got {tensors[name].dtype}, needs {array.dtype}"
            for name, array in model.parameters().items()
            if name in tensors and tensors[name].dtype != array.dtype
        ]
        if wrong:
            raise ValueError(listed(wrong))
        model.load_state_dict(tensors)
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise ValueError(f"{path}: holds no model that fits: {error}") from None
    return model


def build(architecture: Any) -> nn.Layer:
    """The layer that `layer.describe()` described, freshly initialised; ValueError, TypeError for others."""
    if not isinstance(architecture, dict) or not isinstance(architecture.get("class"), str):
        raise ValueError(f"architecture: got {repr(architecture)[:40]}, needs a layer's class and arguments")
    arguments = dict(architecture)
    kind = arguments.pop("class")
    if kind not in LAYERS:
        known = ", ".join(sorted(LAYERS))
        raise ValueError(f"architecture: got the unknown layer {repr(kind)[:40]}, needs one of {known}")
    if kind != "Sequential":
        return LAYERS[kind](**arguments)
    if not isinstance(arguments.get("layers"), list):
        raise ValueError("architecture: got a Sequential without a list of layers")
    return nn.Sequential(*map(build, arguments["layers"]))


def write(path: str | Path, content: dict[str, Any], tensors: Mapping[str, Array]) -> None:
    """Writes JSON content and arrays to one file, under a temporary name until it is complete."""
    path = _path("save", path)
    if not path.parent.exists():
        raise FileNotFoundError(errno.ENOENT, "the folder to save to is missing", str(path.parent))
    # safetensors copies memory as it lies, without a look at the strides.
    dense = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    text = json.dumps({"format": FORMAT, **content})
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(safetensors.numpy.save(dense, {KEY: text}))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The JSON content and the arrays of a file that `write` wrote."""
    path = _path("load", path)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(KEY)
            names = list(file.keys())
            kinds = {name: file.get_slice(name).get_dtype() for name in names}
            foreign = [f"{name}: {kind}" for name, kind in kinds.items() if kind.startswith(("BF", "F8"))]
            if text is None:
                reader = "torch" if foreign else "numpy"
                raise ValueError(
                    f"{path}: is a safetensors file with weights alone, without fastconv's description of a "
                    f"model; model.load_state_dict(safetensors.{reader}.load_file(path)) would fit"
                )
            if foreign:
                raise ValueError(f"{path}: has types that NumPy lacks, needs floats: {listed(foreign)}")
            tensors = {name: file.get_tensor(name) for name in names}
    except (safetensors.SafetensorError, TypeError) as error:
        raise ValueError(f"{path}: is no complete safetensors file: {error}") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: its description is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: is a safetensors file without fastconv's description of a model")
    if content.get("format") != FORMAT:
        got = repr(content.get("format"))[:40]
        raise ValueError(f"{path}: has format {got}, needs {FORMAT}: another version of fastconv wrote it")
    return content, tensors


def split(value: Any, name: str, tensors: dict[str, Array]) -> Any:
    """A nested value as JSON can hold it; its arrays go into `tensors`, their names beginning with `name`."""
    if isinstance(value, np.ndarray):
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, dict):
        return {key: split(inner, f"{name}.{key}", tensors) for key, inner in value.items()}
    if isinstance(value, list):
        return [split(inner, f"{name}.{index}", tensors) for index, inner in enumerate(value)]
    return value


def join(value: Any, tensors: Mapping[str, Array]) -> Any:
    """The nested value that `split` took apart."""
    if isinstance(value, dict):
        if value.keys() == {"tensor"}:
            return tensors[value["tensor"]]
        return {key: join(inner, tensors) for key, inner in value.items()}
    return [join(inner, tensors) for inner in value] if isinstance(value, list) else value


def _path(function: str, path: str | Path) -> Path:
    """The path of a file to read or write; TypeError, ValueError for what can be none."""
    if not isinstance(path, str | os.PathLike):
        raise validate.wrong_type(function, "path", type(path).__name__, "a file's name")
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path}: is a directory, needs to be a safetensors file")
    return path
