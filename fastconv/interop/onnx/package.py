"""The package onnx, which is imported when it is needed."""

import importlib
from typing import Any


def package(function: str) -> Any:
    """The module `onnx`; ImportError, in the name of this function, that says how to install it."""
    try:
        return importlib.import_module("onnx")
    except ImportError as error:
        raise ImportError(f"{function}: needs the package onnx: pip install 'fastconv[onnx]'") from error
