"""Files and models of other libraries.

`safetensors` holds arrays by name, in the files that PyTorch's users exchange; `pytorch` makes modules of
models, and models of modules. What needs another library imports it when it is called.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastconv.interop import safetensors

if TYPE_CHECKING:
    from fastconv.interop import pytorch

__all__ = ["pytorch", "safetensors"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # those that stand above the layers, which use safetensors
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
