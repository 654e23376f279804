"""Convolutional networks on the CPU: JIT-compiled kernels under a small Python API.

>>> import fastconv as fc
>>> from fastconv import nn, optim
>>> data = fc.data.digits()
"""

from pathlib import Path

_HOME = Path(__file__).resolve().parent
if not (_HOME / "kernels").is_dir():
    # In a checkout the kernels lie beside this package; the installed package holds them.
    __path__.append(str(_HOME.parent))

from fastconv import callbacks, data, functional, grad, kernels, models, nn, optim, reference  # noqa: E402
from fastconv.backends import backend  # noqa: E402
from fastconv.explanation import explain  # noqa: E402
from fastconv.kernels.jit import get_num_threads, set_num_threads  # noqa: E402
from fastconv.persistence import load  # noqa: E402
from fastconv.training import History, Trainer  # noqa: E402

__version__ = "0.1.0"

__all__ = [
    "History",
    "Trainer",
    "__version__",
    "backend",
    "callbacks",
    "data",
    "explain",
    "functional",
    "get_num_threads",
    "grad",
    "kernels",
    "load",
    "models",
    "nn",
    "optim",
    "reference",
    "set_num_threads",
]
