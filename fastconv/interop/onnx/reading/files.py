"""ONNX files as protocol buffers, with their sizes checked first."""

import os
from pathlib import Path
from typing import Any

from fastconv.files import checked_path

LARGEST_FILE = 2**31 - 1
"""Bytes of the largest message that protocol buffers can hold; larger models keep their data beside it."""


def imported() -> Any:
    """The package onnx; ImportError, with how to install it, where it is missing."""
    try:
        import onnx
    except ImportError as error:
        raise ImportError("onnx: needs onnx: pip install 'fastconv[onnx]'") from error
    return onnx


def opened(path: str | Path) -> tuple[Any, int]:
    """The model in a file, and the file's size in bytes.

    OSError where it cannot be read, ValueError where it holds no ONNX model.
    """
    path = checked_path("load", path, "an ONNX file")
    onnx = imported()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST_FILE:
            raise ValueError(f"{path}: has {size} bytes, needs at most {LARGEST_FILE}")
        content = file.read(LARGEST_FILE)
    return parsed(onnx, content, str(path)), len(content)


def parsed(onnx: Any, content: bytes, name: str) -> Any:
    """The model in these bytes; ValueError where there is none."""
    # Protocol buffers has its own base class of errors, and which of them a broken text gives varies.
    try:
        model = onnx.ModelProto.FromString(content)
    except Exception as error:
        raise ValueError(f"{name}: is no ONNX file: {error}") from None
    if not model.HasField("graph") or not model.graph.node:
        raise ValueError(f"{name}: is no ONNX file: it has no graph with nodes")
    return model
