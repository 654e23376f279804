"""What an installation brings: everything the checkout has, under one top-level name."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import fastconv

ROOT = Path(__file__).resolve().parents[1]
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def build(kind: str, tree: Path, out: Path) -> Path:
    out.mkdir()
    command = [sys.executable, "-W", "ignore", "-c", BUILD, f"build_{kind}", str(out)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (result,) = out.iterdir()
    return result


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what a build reads, so that the checkout gets no build folder."""
    copy = tmp_path_factory.mktemp("build") / "tree"
    copy.mkdir()
    for name in ("README.md", "LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    for name in ("fastconv", "kernels"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def wheel(tree):
    with zipfile.ZipFile(build("wheel", tree, tree.parent / "wheel")) as archive:
        return set(archive.namelist())


def expected() -> set[str]:
    """Every file of the two folders, where it installs."""
    files = {
        path for folder in ("fastconv", "kernels") for path in (ROOT / folder).rglob("*") if path.is_file()
    }
    places = {path.relative_to(ROOT) for path in files if "__pycache__" not in path.parts}
    return {str(Path("fastconv", path) if path.parts[0] == "kernels" else path) for path in places}


def test_the_wheel_has_one_top_level_name(wheel):
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {"fastconv"}


def test_the_wheel_holds_every_file_of_the_checkout(wheel):
    assert {name for name in wheel if ".dist-info/" not in name} == expected()


def test_the_wheel_has_the_version_of_the_code(wheel):
    assert f"fastconv-{fastconv.__version__}.dist-info/METADATA" in wheel


def test_a_wheel_from_the_source_archive_is_the_same(tree, wheel):
    archive = build("sdist", tree, tree.parent / "sdist")
    with tarfile.open(archive) as source:
        source.extractall(tree.parent / "unpacked", filter="data")
    (unpacked,) = (tree.parent / "unpacked").iterdir()
    with zipfile.ZipFile(build("wheel", unpacked, tree.parent / "again")) as again:
        assert set(again.namelist()) == wheel
