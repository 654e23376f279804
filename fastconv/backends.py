"""The choice between the compiled kernels and their NumPy twins.

>>> fastconv.backend("reference")            # for the process, from here on
>>> with fastconv.backend("reference"):      # for this block in this thread
...     model.predict(images)
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType, TracebackType
from typing import Any

from fastconv.choices import Choices
from fastconv.collector import paused

_MODULES = {"numba": "fastconv.kernels", "reference": "fastconv.reference"}
_loaded: dict[str, ModuleType] = {}

_blocks: ContextVar[tuple[Any, ...]] = ContextVar("fastconv_backend_blocks", default=())
"""The names that the `with` blocks around the running code have chosen, innermost last; see `through`."""

_process = Choices("numba")
"""The names that plain calls have chosen."""
_entries = _process.entries

_planning = True


def backend(name: str) -> "Choice":
    """Choose the backend: "numba" (the compiled kernels, the default) or "reference" (plain NumPy).

    The call alone sets the backend of the process. As a context manager it holds for the block
    only, and only in the thread (the context, see `contextvars`) that runs it; the process goes
    back to what it had. Raises ValueError for an unknown name.
    """
    if not isinstance(name, str) or name not in _MODULES:
        raise ValueError(f"backend: name: got {name!r}, needs one of {', '.join(map(repr, _MODULES))}")
    choice = Choice(name)
    _process.choose(name, choice)
    return choice


def name() -> str:
    """The name of the active backend."""
    names = [chosen for chosen in _blocks.get() if isinstance(chosen, str)]
    return names[-1] if names else _entries[-1][0]


def plannable() -> bool:
    """Whether what is computed may be planned: operations go to the compiled kernels themselves."""
    blocks = _blocks.get()
    return _planning and (blocks[-1] if blocks else _entries[-1][0]) == "numba"


def plan(on: bool) -> None:
    """Plan predictions and steps (the default), or compute layer by layer."""
    global _planning
    _planning = on


def active() -> Any:
    """Return the module of the active backend, which is imported at its first use; or see `through`."""
    blocks = _blocks.get()
    chosen = blocks[-1] if blocks else _entries[-1][0]  # as `name` does, whose call would slow each operation
    return _loaded.get(chosen) or _load(chosen)


class Choice:
    """What `backend` returns: already in force for the process, and a context manager."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> "Choice":
        _process.take_back(self)
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
    with paused():
        _loaded[chosen] = importlib.import_module(_MODULES[chosen])
    return _loaded[chosen]
