"""The sources that a kernel is compiled from: its module, all that this imports, and the engine.

A key hashes what compiles: the syntax tree without docstrings, comments and line numbers. Words may change
and code may move, and every kernel is still found on disk; another constant, in whichever file a kernel takes
it from, is another key. Machine code knows a line number only to show it in a debugger or in the traceback of
an error: no result depends on it, and the one error of a kernel is that memory is used up.

To parse a file takes milliseconds. So what was found is kept beside the kernels with the hash of the file's
bytes: while that is the same, a process reads the file and no more.
"""

import ast
import hashlib
import json
import sys
from importlib.util import resolve_name
from pathlib import Path
from typing import Any, NamedTuple

from .disk import folder, read, write
from .once import once, warn_once

_ENGINE = __name__.rpartition(".")[0]
_KERNELS = _ENGINE.rpartition(".")[0]
_LIBRARY = _KERNELS.rpartition(".")[0]


class Source(NamedTuple):
    """What is known of a file: the hash of its bytes, the hash of what compiles, and what it imports."""

    content: str
    code: str
    imports: list[str]
    """Names in this library, of modules and of what modules hold."""


_sources: dict[str, Source] = {}
"""Those that this process has read, by the name of the module."""


@once
def sources_key(module: str) -> str | None:
    """Hash of what a module's kernels are compiled from; None, after a warning, where it cannot be read."""
    try:
        _read_with_imports(module)
    except (OSError, SyntaxError) as error:
        warn_once(f"compiled kernels are not kept, for their source cannot be read: {error}")
        return None
    codes = [(name, _sources[name].code) for name in builds_on(module)]
    return _hash(repr(codes).encode())


def builds_on(module: str) -> list[str]:
    """The modules from which something may enter the kernels of this one: all of the engine, and imports."""
    reached, waiting = set[str](), [module, *(name for name in _sources if _lies_in(_ENGINE, name))]
    while waiting:
        name = waiting.pop()
        if name in _sources and name not in reached:
            reached.add(name)
            waiting += _sources[name].imports
    return sorted(reached)


def _read_with_imports(module: str) -> None:
    """Read the source of a module, of all kernels that are loaded, and of all that they import.

    They are read together at a process's first kernel, soon after their import: an edit in between is not
    noticed, and the kernel gets the key of the new text.
    """
    stored, parsed, found = _stored(), False, dict[str, Source]()
    waiting = [module, *(name for name in list(sys.modules) if _lies_in(_KERNELS, name))]
    while waiting:
        name = waiting.pop()
        if name not in _sources and name not in found and (name in sys.modules or name == module):
            text = _text(name)
            content = _hash(text)
            if name not in stored or stored[name].content != content:
                stored[name], parsed = _parse(name, text, content), True
            found[name] = stored[name]
            waiting += found[name].imports
    _sources.update(found)  # all or, where one cannot be read, none
    if parsed and (path := _store()):
        write(path, json.dumps(stored).encode())


@once
def _stored() -> dict[str, Source]:
    """What earlier processes found, by the name of the module; this process adds to it."""
    path = _store()
    content = path and read(path)
    return {name: Source(*found) for name, found in json.loads(content or b"{}").items()}


def _store() -> Path | None:
    """Where that is kept, for all processes that look for the same in a file."""
    home = folder()
    return home and home / f"sources-{_hash(_text(__name__))[:16]}"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _lies_in(package: str, module: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _text(module: str) -> bytes:
    """The source as the module's loader reads it: the library may lie in a zip file."""
    loaded = sys.modules.get(module)
    file = Path(getattr(loaded, "__file__", None) or module)
    if file.suffix != ".py":
        raise OSError(f"{file} is no Python file")
    loader: Any = getattr(loaded, "__loader__", None)
    source: bytes = loader.get_data(str(file)) if hasattr(loader, "get_data") else file.read_bytes()
    return source


def _parse(module: str, text: bytes, content: str) -> Source:
    tree = _WithoutDocstrings().visit(ast.parse(text))
    return Source(
        content, _hash(ast.dump(tree).encode()), _imports(tree, sys.modules[module].__package__ or "")
    )


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Leave out a constant that is a statement of its own: it does nothing."""
        return None if isinstance(node.value, ast.Constant) else node


def _imports(tree: ast.Module, package: str) -> list[str]:
    """All that may be a module: `from a import b` reads a, and a.b where that is one."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = resolve_name("." * node.level + (node.module or ""), package)
            names |= {home, *(f"{home}.{alias.name}" for alias in node.names)}
    return sorted(name for name in names if _lies_in(_LIBRARY, name))
