"""`fastconv info`: versions, CPU, threads, cache."""

import argparse
import platform
from importlib import metadata

from fastconv import __version__
from fastconv.cli import text
from fastconv.kernels import jit, machine


def run(options: argparse.Namespace) -> int:
    """Print what a report of a problem should say of the machine."""
    rows = [("fastconv", __version__), ("Python", f"{platform.python_version()} ({platform.platform()})")]
    rows += [(name, metadata.version(name.lower())) for name in ("NumPy", "Numba")]
    rows += [*machine.describe().items(), *jit.describe().items()]
    print(text.table(rows, "<<"))
    return 0
