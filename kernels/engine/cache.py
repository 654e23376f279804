"""Compiled kernels on disk, found again by the next process.

Numba's own cache keeps one index a function, which processes that start together overwrite, and does not see
that a function in another file changed. Here every compiled signature is one file, whose name is a hash of
all that it depends on and whose first bytes are a checksum of the rest: files are written once, never
updated.
"""

import hashlib
import os
import pickle
import sys
import sysconfig
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from .native.layouts import known
from .once import once

_DIGEST = 32
PATIENCE = 2.0
"""Seconds of compiling after which a process says so."""
_compiling = 0.0
_warned: set[str] = set()
_OPTIONS = (
    "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "DISABLE_INTEL_SVML", "BOUNDSCHECK", "DEBUGINFO_DEFAULT",
    "ENABLE_PROFILING", "LLVM_REFPRUNE_PASS", "LLVM_REFPRUNE_FLAGS",
)  # fmt: skip
"""Of Numba's settings those that change the machine code; CPU and features are in each file's name."""


@once
def folder() -> Path | None:
    """The folder of this version's compiled kernels, in NUMBA_CACHE_DIR or the user's cache folder.

    None, after a warning, where there is no such place: then each process compiles for itself.
    """
    try:
        return _base() / "fastconv" / key()[:16]
    except RuntimeError as error:  # no home: neither HOME nor an entry for this user
        _warn_once(f"no folder for compiled kernels, NUMBA_CACHE_DIR can name one: {error}")
        return None


def _base() -> Path:
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    if sys.platform == "darwin":
        return Path("~/Library/Caches").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


@once
def key() -> str:
    """Hash of all that every kernel depends on: the sources, and what compiles, loads and calls them."""
    home = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes())
    digest.update(repr(_surroundings()).encode())
    return digest.hexdigest()


def _surroundings() -> list[Any]:
    """The interpreter and its binary interface, the versions of packages, and how they are set."""
    options = [str(getattr(numba.config, name, None)) for name in _OPTIONS]
    interface = sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag
    return [sys.version, interface, np.__version__, numba.__version__, version("llvmlite"), options, known()]


class KernelCache(_Cache):
    """One file for each compiled signature of one function."""

    def __init__(self, function: Any) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._enabled = True
        self._began = 0.0

    @property
    def cache_path(self) -> str:
        """The folder that Numba names in its statistics."""
        return str(folder() or "")

    def enable(self) -> None:
        """Use the files."""
        self._enabled = True

    def disable(self) -> None:
        """Leave the files alone."""
        self._enabled = False

    def flush(self) -> None:
        """Remove this function's files."""
        if home := folder():
            for path in home.glob(f"{self._name}-*.kernel"):
                path.unlink(missing_ok=True)

    def _path(self, signature: Any, codegen: Any) -> Path | None:
        home, inner = folder(), repr((signature, codegen.magic_tuple())).encode()
        return home and home / f"{self._name}-{hashlib.sha256(inner).hexdigest()[:32]}.kernel"

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The compiled function, or None where no sound file is found."""
        self._began = time.perf_counter()
        if not self._enabled:
            return None
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        try:
            content = path.read_bytes() if path else b""
        except OSError:
            return None
        digest, payload = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(payload).digest() != digest:
            return None  # cut off or damaged: compiled again, and replaced
        return CompileResult._rebuild(target_context, *pickle.loads(payload))

    def save_overload(self, sig: Any, data: CompileResult) -> None:
        """Write the compiled function; where that fails, say so once and go on without."""
        _say_when_long(time.perf_counter() - self._began)
        if not self._enabled or data.library.has_dynamic_globals or data.lifted:
            return  # addresses of this process, of which NUMBA_OPT=0 leaves in even what no code reads
        path = self._path(sig, data.codegen)
        if path is None:
            return
        payload = dumps(data._reduce())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, hashlib.sha256(payload).digest() + payload)
        except OSError as error:
            _warn_once(f"compiled kernels cannot be kept in {path.parent}: {error.strerror}")


def _write(path: Path, content: bytes) -> None:
    """All of a file or nothing, whoever else writes it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(descriptor)
    part = Path(name)
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        part.unlink()
        raise


def _say_when_long(seconds: float) -> None:
    """Tell who waits at a terminal, once, what takes so long."""
    global _compiling
    before, _compiling = _compiling, _compiling + seconds
    if before < PATIENCE <= _compiling and sys.stderr and sys.stderr.isatty():
        kept = f"; kept in {folder()} for the next time" if folder() else ""
        sys.stderr.write(f"fastconv: compiling kernels for layers of new shapes{kept}\n")


def _warn_once(reason: str) -> None:
    if reason not in _warned:
        _warned.add(reason)  # before the warning, which may be an error
        warnings.warn(f"fastconv: {reason}", RuntimeWarning, stacklevel=_caller())


def _caller() -> int:
    """How far above `_warn_once` the first frame is that is neither ours nor Numba's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(("fastconv", "numba")):
        level, frame = level + 1, frame.f_back
    return level
