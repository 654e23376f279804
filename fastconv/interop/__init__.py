"""Files and models of other libraries.

`safetensors` holds arrays by name, in the files that PyTorch's users exchange; `onnx` reads and writes the
files that most libraries have in common; `keras` reads the models that Keras saved; `pytorch` makes modules
of models and models of modules; `sklearn` has scikit-learn's estimators. What needs another library imports
it when it is called, and `sklearn` when it is first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastconv.interop import safetensors

if TYPE_CHECKING:
    from fastconv.interop import keras, onnx, pytorch, sklearn

__all__ = ["keras", "onnx", "pytorch", "safetensors"]


def __getattr__(name: str) -> Any:
    if name in (*__all__, "sklearn"):  # those that stand above the layers, which use safetensors
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
