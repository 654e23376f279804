"""Files of installed packages, which are not imported: they may need much else."""

import importlib.metadata
from pathlib import Path

import pytest


def shipped(package, name):
    """The path of a package's file; skips the test where the package is missing."""
    try:
        files = importlib.metadata.files(package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"reads a file of {package}, which is not installed")
    return Path(next(file.locate() for file in files if file.name == name))
