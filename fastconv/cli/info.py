"""`fastconv info`: versions, CPU, threads, cache."""

import argparse
import platform
from importlib import metadata

from fastconv import __version__
from fastconv.markup import columns


def run(options: argparse.Namespace) -> int:
    """Print what a report of a problem should say of the machine."""
    rows = [("fastconv", __version__), ("Python", f"{platform.python_version()} ({platform.platform()})")]
    rows += [(name, metadata.version(name.lower())) for name in ("NumPy", "Numba")]
    print(columns([*rows, *_kernels()], "<<"))
    return 0


def _kernels() -> list[tuple[str, str]]:
    """What the compiled kernels say of themselves, or why there are none."""
    try:
        from fastconv.kernels.engine import jit, machine
    except ImportError as error:
        return [("kernels", f"none: {error}")]
    return [*machine.describe().items(), *jit.describe().items()]
