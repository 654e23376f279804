"""The folder of compiled kernels, and files in it that are whole or not there.

The first bytes of a file are a checksum of the rest. A file is written under another name first and then
moved into its place, so that processes that start together never see half of one.
"""

import hashlib
import os
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np

from .once import once, warn_once

_CHECKSUM = 32
_OPTIONS = (
    "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "DISABLE_INTEL_SVML", "BOUNDSCHECK", "DEBUGINFO_DEFAULT",
    "ENABLE_PROFILING", "LLVM_REFPRUNE_PASS", "LLVM_REFPRUNE_FLAGS",
)  # fmt: skip
"""Of Numba's settings those that change the machine code; CPU and features are in each file's name."""


@once
def folder() -> Path | None:
    """The folder of what this compiler compiled, in NUMBA_CACHE_DIR or the user's cache folder.

    None, after a warning, where there is no such place: then each process compiles for itself.
    """
    try:
        return _base() / "fastconv" / compiler_key()[:16]
    except RuntimeError as error:  # no home: neither HOME nor an entry for this user
        warn_once(f"no folder for compiled kernels, NUMBA_CACHE_DIR can name one: {error}")
        return None


def _base() -> Path:
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    if sys.platform == "darwin":
        return Path("~/Library/Caches").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def compiler_key() -> str:
    """Hash of what compiles and loads a kernel: interpreter, binary interface, packages, their settings."""
    options = [str(getattr(numba.config, name, None)) for name in _OPTIONS]
    interface = sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag
    packages = [np.__version__, numba.__version__, version("llvmlite")]
    compiler: list[Any] = [sys.version, interface, *packages, options]
    return hashlib.sha256(repr(compiler).encode()).hexdigest()


def read(path: Path) -> bytes | None:
    """The content of a file; None where it is missing, cut off or damaged."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    checksum, content = whole[:_CHECKSUM], whole[_CHECKSUM:]
    return content if hashlib.sha256(content).digest() == checksum else None


def write(path: Path, content: bytes) -> None:
    """Write all of a file or nothing, whoever else writes it; where that fails, say so once and go on."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, hashlib.sha256(content).digest() + content)
    except OSError as error:
        warn_once(f"compiled kernels cannot be kept in {path.parent}: {error.strerror}")


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(descriptor)
    unfinished = Path(name)
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink()
        raise
