"""Compiled kernels on disk, found again by the next process.

Numba's own cache keeps one index a function, which processes that start together overwrite, and does not see
that a function in another file changed. Here every compiled signature is one file, whose name is a hash of
all that it depends on and whose first bytes are a checksum of the rest: files are written once, never
updated.
"""

import functools
import hashlib
import os
import pickle
import platform
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import CompileResultCacheImpl, _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

_DIGEST = 32
PATIENCE = 2.0
"""Seconds of compiling after which a process says so."""
_compiling = 0.0


@functools.cache
def folder() -> Path:
    """The folder of this version's compiled kernels: NUMBA_CACHE_DIR, or the user's cache folder."""
    if numba.config.CACHE_DIR:
        base = Path(numba.config.CACHE_DIR)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches").expanduser()
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return base / "fastconv" / sources()[:16]


@functools.cache
def sources() -> str:
    """Hash of every kernel source and of the versions that compile them."""
    home = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes())
    for release in (platform.python_version(), numba.__version__, version("llvmlite")):
        digest.update(release.encode())
    return digest.hexdigest()


class KernelCache(_Cache):
    """One file for each compiled signature of one function."""

    def __init__(self, function: Any) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._enabled = True
        self._began = 0.0

    @property
    def cache_path(self) -> str:
        """The folder that Numba names in its statistics."""
        return str(folder())

    def enable(self) -> None:
        """Use the files."""
        self._enabled = True

    def disable(self) -> None:
        """Leave the files alone."""
        self._enabled = False

    def flush(self) -> None:
        """Remove this function's files."""
        for path in folder().glob(f"{self._name}-*.kernel"):
            path.unlink(missing_ok=True)

    def _path(self, signature: Any, codegen: Any) -> Path:
        key = repr((signature, codegen.magic_tuple())).encode()
        return folder() / f"{self._name}-{hashlib.sha256(key).hexdigest()[:32]}.kernel"

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The compiled function, or None where no sound file is found."""
        self._began = time.perf_counter()
        if not self._enabled:
            return None
        target_context.refresh()
        try:
            content = self._path(sig, target_context.codegen()).read_bytes()
        except (OSError, RuntimeError):
            return None
        digest, payload = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(payload).digest() != digest:
            return None  # cut off or damaged: compiled again, and replaced
        return CompileResult._rebuild(target_context, *pickle.loads(payload))

    def save_overload(self, sig: Any, data: CompileResult) -> None:
        """Write the compiled function; where that fails, say so once and go on without."""
        _say_when_long(time.perf_counter() - self._began)
        if not self._enabled or not CompileResultCacheImpl.check_cachable(None, data):
            return
        payload = dumps(data._reduce())
        try:
            path = self._path(sig, data.codegen)
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
                file.write(hashlib.sha256(payload).digest() + payload)
            Path(file.name).replace(path)
        except (OSError, RuntimeError) as error:
            _warn_once(error.strerror if isinstance(error, OSError) else str(error))


def _say_when_long(seconds: float) -> None:
    """Tell who waits at a terminal, once, what takes so long."""
    global _compiling
    before, _compiling = _compiling, _compiling + seconds
    if before < PATIENCE <= _compiling and sys.stderr.isatty():
        kept = f"kept in {folder()} for the next time"
        sys.stderr.write(f"fastconv: compiling kernels for layers of new shapes; {kept}\n")


@functools.cache
def _warn_once(reason: str) -> None:
    warnings.warn(
        f"fastconv: compiled kernels cannot be kept in {folder()}: {reason}", RuntimeWarning, stacklevel=2
    )
