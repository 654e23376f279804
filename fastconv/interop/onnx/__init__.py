"""ONNX: models of other libraries, read from their files.

`load` makes a model of a file; `Backend` is the class that ONNX's own tests drive. The package onnx is
imported when they are called.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastconv.interop.onnx.backend import Backend
    from fastconv.interop.onnx.reading.load import load

__all__ = ["Backend", "load"]

_PLACES = {"Backend": "backend", "load": "reading.load"}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
