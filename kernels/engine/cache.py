"""Compiled kernels on disk, found again by the next process.

Numba's own cache keeps one index a function, which processes that start together overwrite, and does not see
that a function in another file changed. Here every compiled signature is one file, whose name is a hash of
all that it depends on: files are written once, never updated.
"""

import hashlib
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from .disk import folder, read, write
from .sources import sources_key

PATIENCE = 2.0
"""Seconds of compiling after which a process says so."""
_compiling = 0.0


class KernelCache(_Cache):
    """One file for each compiled signature of one function."""

    def __init__(self, function: Any) -> None:
        self._module = function.__module__
        self._name = f"{self._module}.{function.__qualname__}"
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
        home, sources = folder(), sources_key(self._module)
        if home is None or sources is None:
            return None
        inner = repr((sources, signature, codegen.magic_tuple())).encode()
        return home / f"{self._name}-{hashlib.sha256(inner).hexdigest()[:32]}.kernel"

    def holds(self, signature: Any, codegen: Any) -> bool:
        """Whether there is a file of the compiled function."""
        path = self._path(signature, codegen) if self._enabled else None
        return path is not None and path.exists()

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The compiled function, or None where no whole file is found."""
        self._began = time.perf_counter()
        if not self._enabled:
            return None
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        content = path and read(path)
        return CompileResult._rebuild(target_context, *pickle.loads(content)) if content else None

    def save_overload(self, sig: Any, data: CompileResult) -> None:
        """Write the compiled function."""
        _say_when_long(time.perf_counter() - self._began)
        if not self._enabled or data.library.has_dynamic_globals or data.lifted:
            return  # it holds addresses of this process; with NUMBA_OPT=0 also those that no code reads
        if path := self._path(sig, data.codegen):
            write(path, dumps(data._reduce()))


def _say_when_long(seconds: float) -> None:
    """Tell who waits at a terminal, once, what takes so long."""
    global _compiling
    before, _compiling = _compiling, _compiling + seconds
    if before < PATIENCE <= _compiling and sys.stderr and sys.stderr.isatty():
        kept = f"; kept in {folder()} for the next time" if folder() else ""
        sys.stderr.write(f"fastconv: compiling kernels for layers of new shapes{kept}\n")
