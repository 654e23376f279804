"""Models in ONNX files, which most other libraries and runtimes read and write.

`export` writes a model, `load` makes one of a file, `input_shape` is what a file says of its input and
`load_with_shape` gives both; `Backend` is the class that ONNX's own tests drive. The package onnx is imported
when they are called.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastconv.interop.onnx.backend import Backend
    from fastconv.interop.onnx.inputs import input_shape
    from fastconv.interop.onnx.reading.load import load, load_with_shape
    from fastconv.interop.onnx.writing.export import export

__all__ = ["Backend", "export", "input_shape", "load", "load_with_shape"]

_PLACES = {
    "Backend": "backend",
    "export": "writing.export",
    "input_shape": "inputs",
    "load": "reading.load",
    "load_with_shape": "reading.load",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
