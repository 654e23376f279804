"""The choice between the compiled kernels and their NumPy twins.

>>> fastconv.backend("reference")            # for the process, from here on
>>> with fastconv.backend("reference"):      # for this block in this thread
...     model.predict(images)
"""

import importlib
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType, TracebackType
from typing import Any

_MODULES = {"numba": "fastconv.kernels", "reference": "fastconv.reference"}
_loaded: dict[str, ModuleType] = {}

_blocks: ContextVar[tuple[Any, ...]] = ContextVar("fastconv_backend_blocks", default=())
"""The names that the `with` blocks around the running code have chosen, innermost last; see `through`."""

_process: list[tuple[str, weakref.ref["Choice"] | None]] = [("numba", None)]
"""The names that plain calls have chosen, newest last."""

_planning = True
_lock = threading.Lock()


def backend(name: str) -> "Choice":
    """Choose the backend: "numba" (the compiled kernels, the default) or "reference" (plain NumPy).

    The call alone sets the backend of the process. As a context manager it holds for the block
    only, and only in the thread (the context, see `contextvars`) that runs it; the process goes
    back to what it had. Raises ValueError for an unknown name.
    """
    if not isinstance(name, str) or name not in _MODULES:
        raise ValueError(f"backend: name: got {name!r}, needs one of {', '.join(map(repr, _MODULES))}")
    choice = Choice(name)
    with _lock:
        # A choice whose object is gone can no longer become a block: the older ones can be forgotten.
        settled = max(i for i, (_, object_) in enumerate(_process) if object_ is None or object_() is None)
        _process[:] = [*_process[settled:], (name, weakref.ref(choice))]
    return choice


def name() -> str:
    """The name of the active backend."""
    names = [chosen for chosen in _blocks.get() if isinstance(chosen, str)]
    return names[-1] if names else _process[-1][0]


def plannable() -> bool:
    """Whether what is computed may be planned: operations go to the compiled kernels themselves."""
    blocks = _blocks.get()
    return _planning and (blocks[-1] if blocks else _process[-1][0]) == "numba"


def plan(on: bool) -> None:
    """Plan predictions and steps (the default), or compute layer by layer."""
    global _planning
    _planning = on


def planning() -> bool:
    """Whether predictions and steps are planned, where they can be."""
    return _planning


def active() -> Any:
    """Return the module of the active backend, which is imported at its first use; or see `through`."""
    blocks = _blocks.get()
    chosen = (
        blocks[-1] if blocks else _process[-1][0]
    )  # as `name` does: a call of it would slow each operation
    return _loaded.get(chosen) or _load(chosen)


class Choice:
    """What `backend` returns: already in force for the process, and a context manager."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> "Choice":
        with _lock:
            _process[:] = [entry for entry in _process if entry[1] is None or entry[1]() is not self]
        _blocks.set((*_blocks.get(), self.name))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _blocks.set(_blocks.get()[:-1])


@contextmanager
def through(operations: object) -> Iterator[None]:
    """Operations go through an object that has them, in a `with` block in this thread."""
    token = _blocks.set((*_blocks.get(), operations))
    try:
        yield
    finally:
        _blocks.reset(token)


def _load(chosen: Any) -> Any:
    if not isinstance(chosen, str):
        return chosen
    _loaded[chosen] = importlib.import_module(_MODULES[chosen])
    return _loaded[chosen]
