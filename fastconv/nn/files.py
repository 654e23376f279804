"""Models from files: what `model.save` wrote, or `Trainer.save`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastconv import validate
from fastconv.interop import safetensors
from fastconv.nn.architecture import build
from fastconv.nn.base import Layer
from fastconv.nn.classes import class_names
from fastconv.types import Array

TRAINING = "trainer"
"""The entry of a file that holds a training; the names of its tensors begin with this and a dot."""


def load(path: str | Path) -> Layer:
    """The model that `model.save` wrote, or that of a training that `Trainer.save` wrote.

    FileNotFoundError where there is no such file; ValueError, naming it, where it holds no model.
    """
    content, tensors = safetensors.read(path)
    return restored(path, content, tensors)


def restored(path: str | Path, content: Mapping[str, Any], tensors: Mapping[str, Array]) -> Layer:
    """The model in what `safetensors.read` gave; `path` is the file's name in errors."""
    tensors = {name: array for name, array in tensors.items() if not name.startswith(f"{TRAINING}.")}
    try:
        model: Layer = build(content.get("model"))
        wrong = [
            f"{name}: got {tensors[name].dtype}, needs {array.dtype}"
            for name, array in model._state().items()
            if name in tensors and tensors[name].dtype != array.dtype
        ]
        if wrong:
            raise ValueError(validate.listed(wrong))
        model.load_state_dict(tensors)
        if frozen := content.get("frozen"):
            model.freeze(*frozen)
        model._classes = class_names("load", content.get("classes") or None)
        model.preparation = content.get("preparation")
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise ValueError(f"{path}: holds no model that fits: {error}") from None
    return model
