"""Models to and from PyTorch: the same layers, under the same names, with the same numbers."""

from fastconv.interop.pytorch.reading import from_module
from fastconv.interop.pytorch.writing import to_module

__all__ = ["from_module", "to_module"]
