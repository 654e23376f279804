"""Convolutional networks on the CPU: JIT-compiled kernels under a small Python API.

>>> import fastconv as fc
>>> from fastconv import nn, optim
>>> data = fc.data.digits()

Each module is imported at its first use, so that `import fastconv` costs next to nothing.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

_HOME = Path(__file__).resolve().parent
if not (_HOME / "kernels").is_dir():
    # In a checkout the kernels lie beside this package; the installed package holds them.
    __path__.append(str(_HOME.parent))

if TYPE_CHECKING:
    from fastconv import (
        callbacks,
        data,
        functional,
        grad,
        interop,
        kernels,
        metrics,
        models,
        nn,
        optim,
        parallel,
        plots,
        reference,
    )  # fmt: skip
    from fastconv.backends import backend
    from fastconv.explanation import explain
    from fastconv.kernels.engine.jit import get_num_threads, set_num_threads
    from fastconv.nn.architecture import register
    from fastconv.nn.files import load
    from fastconv.ops.chosen import chosen
    from fastconv.settings import config
    from fastconv.training import History, Trainer

__version__ = "0.1.0"

_PARTS = (
    "callbacks", "data", "functional", "grad", "interop", "kernels", "metrics", "models", "nn", "optim",
    "parallel", "plots", "reference",
)  # fmt: skip
_HOMES = {
    "History": "training.history",
    "Trainer": "training",
    "backend": "backends",
    "chosen": "ops.chosen",
    "config": "settings",
    "explain": "explanation",
    "get_num_threads": "kernels.engine.jit",
    "load": "nn.files",
    "register": "nn.architecture",
    "set_num_threads": "kernels.engine.jit",
}

__all__ = [
    "History",
    "Trainer",
    "__version__",
    "backend",
    "callbacks",
    "chosen",
    "config",
    "data",
    "explain",
    "functional",
    "get_num_threads",
    "grad",
    "interop",
    "kernels",
    "load",
    "metrics",
    "models",
    "nn",
    "optim",
    "parallel",
    "plots",
    "reference",
    "register",
    "set_num_threads",
]


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
