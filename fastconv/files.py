"""Files that are written whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fastconv import validate


def checked_path(function: str, path: str | Path, kind: str) -> Path:
    """The path of a file to read or write; TypeError, ValueError for what can be none of this kind."""
    if not isinstance(path, str | os.PathLike):
        raise validate.wrong_type(function, "path", type(path).__name__, "a file's name")
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path}: is a directory, needs to be {kind}")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: is no file, needs to be {kind}")
    return path


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A new file, which takes this path once all is written; errors leave what is there as it is."""
    if not path.parent.exists():
        raise FileNotFoundError(errno.ENOENT, "the folder to save to is missing", str(path.parent))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
