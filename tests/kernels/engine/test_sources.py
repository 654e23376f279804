"""A kernel's key: words and places may change, what compiles may not, wherever it stands."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastconv import kernels
from fastconv.kernels.engine import sources

ROOT = Path(__file__).resolve().parents[3]
POOL, DENSE = "fastconv.kernels.pool.maximum", "fastconv.kernels.dense.blocked"
IMPORTED = "fastconv.kernels.simd.vector", "fastconv.kernels.memory.buffers", "fastconv.geometry"
ENGINE = "fastconv.kernels.engine.pipeline", "fastconv.kernels.engine.words"


STORED = {}
"""As in the folder: found by content, so that the tests parse a file once."""


@pytest.fixture
def key(monkeypatch):
    """The key of a module's kernels, where one file (its own, unless named) is edited."""
    texts = sources._text

    def find(module, edit=lambda text: text, file=None):
        def text(name):
            found = texts(name)
            return edit(found.decode()).encode() if name == (file or module) else found

        monkeypatch.setattr(sources, "_text", text)
        monkeypatch.setattr(sources, "_sources", {})
        monkeypatch.setattr(sources, "_stored", lambda: STORED)
        monkeypatch.setattr(sources, "_store", lambda: None)
        return sources.sources_key.__wrapped__(module)

    return find


def other_comments(text):
    return text.replace("\n\n\n", "\n\n\n# A comment.\n") + "# Another.\n"


def other_docstrings(text):
    return re.sub(r'"""(?=\S)', '"""Other words. ', text)


def other_lines(text):
    first, _, rest = text.partition("\n\n")
    return f"{first}\n\n\n\n\n{rest}"


def other_constant(text):
    return f"{text}\nANOTHER = 1\n"


@pytest.mark.parametrize("file", [POOL, *IMPORTED, *ENGINE])
@pytest.mark.parametrize("edit", [other_comments, other_docstrings, other_lines])
def test_words_and_lines_keep_the_key(key, edit, file):
    before = key(POOL)
    text = Path(sys.modules[file].__file__).read_text(encoding="utf-8")
    assert edit(text) != text
    assert key(POOL, edit, file) == before


def test_a_string_that_is_a_value_is_no_docstring(key):
    jit = "fastconv.kernels.engine.jit"
    assert key(POOL, lambda text: text.replace("serial(", "(serial)("), jit) != key(POOL)


@pytest.mark.parametrize("file", [POOL, *IMPORTED, *ENGINE])
def test_what_compiles_changes_the_key(key, file):
    assert key(POOL, other_constant, file) != key(POOL)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("fastconv.kernels.simd.vector", "builder.select("),
        ("fastconv.kernels.engine.region", "builder.store(argument"),
        ("fastconv.kernels.engine.machine", "LINE = 64"),
        ("fastconv.kernels.memory.buffers", "CHUNK = "),
    ],
)
def test_an_intrinsic_or_a_constant_of_another_file_changes_the_key(key, file, line):
    word = line.split()[0]

    def edit(text):
        assert line in text
        return text.replace(word, f"{word}_", 1)

    assert key(POOL, edit, file) != key(POOL)


@pytest.mark.parametrize(("module", "file"), [(POOL, DENSE), (DENSE, POOL), (POOL, "fastconv.kernels.loss")])
def test_an_unrelated_family_keeps_the_key(key, module, file):
    assert key(module, other_constant, file) == key(module)


def test_kernels_build_on_their_family_and_the_tools(key):
    key(POOL)
    families = {"conv", "pool", "dense", "activation", "loss", "optimizer"}
    for module, known in [(POOL, {"pool"}), (DENSE, {"dense"}), ("fastconv.kernels.loss", {"loss"})]:
        rooms = {name.split(".")[2] for name in sources.builds_on(module) if name.count(".") > 1}
        assert rooms & families == known


def test_all_of_the_engine_is_in_every_kernel(key):
    key(POOL)
    engine = Path(kernels.__file__).parent / "engine"
    files = {file.relative_to(engine).with_suffix("").as_posix() for file in engine.rglob("*.py")}
    names = {"fastconv.kernels.engine." + file.replace("/", ".") for file in files}
    names = {name.removesuffix(".__init__") for name in names}
    assert names <= {*sources.builds_on(POOL)}


def test_relative_and_absolute_imports_are_followed():
    text = "from . import a\nfrom .b import c\nfrom ..d import e as f\nimport fastconv.g, numpy.h as i\n"
    found = sources._imports(ast.parse(text), "fastconv.kernels.pool")
    assert found == [
        "fastconv.g",
        "fastconv.kernels.d",
        "fastconv.kernels.d.e",
        "fastconv.kernels.pool",
        "fastconv.kernels.pool.a",
        "fastconv.kernels.pool.b",
        "fastconv.kernels.pool.b.c",
    ]


@pytest.mark.parametrize("file", ["/nowhere/a.py", "/nowhere/library.zip/a.pyc", None])
def test_kernels_without_a_source_are_not_kept(key, monkeypatch, file):
    monkeypatch.setattr("fastconv.kernels.engine.once._warned", set())
    monkeypatch.setattr(sys.modules[POOL], "__file__", file)
    with pytest.warns(RuntimeWarning, match="^fastconv: compiled kernels are not kept, for their source"):
        assert key(POOL) is None


RUN = """
import numpy as np
from numba.core import event
from fastconv import functional as F
with event.install_recorder("numba:compile") as recorder:
    F.max_pool2d(np.ones((1, 1, 4, 4), np.float32), 2)
    F.softmax(np.ones((2, 3), np.float32), 1)
print(len(recorder.buffer))
print(len(parsed))
"""
COUNT = """
import ast
parsed, parse = [], ast.parse
def counted(text, *arguments):
    parsed.extend([text] * isinstance(text, bytes))  # Python itself parses some signatures, as str
    return parse(text, *arguments)
ast.parse = counted
"""


def run(folder, cache, home=None):
    """How many compilations a process starts, and how many files it parses."""
    environment = {**os.environ, "PYTHONPATH": str(home or folder), "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COUNT + RUN],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tuple(int(number) for number in done.stdout.split())


def test_a_changed_comment_compiles_nothing(tmp_path):
    for part in "fastconv", "kernels":
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    cache, file = tmp_path / "cache", tmp_path / "kernels/pool/maximum.py"
    compiled, parsed = run(tmp_path, cache)
    assert compiled
    assert parsed > 50
    assert run(tmp_path, cache) == (0, 0)
    text = other_lines(other_docstrings(other_comments(file.read_text(encoding="utf-8"))))
    file.write_text(text, encoding="utf-8")
    assert run(tmp_path, cache) == (0, 1)
    file.write_text(other_constant(text), encoding="utf-8")
    again, parsed = run(tmp_path, cache)
    assert 0 < again < compiled
    assert parsed == 1


def test_kernels_of_a_library_in_a_zip_file_are_kept(tmp_path):
    for part, place in (("fastconv", "fastconv"), ("kernels", "fastconv/kernels")):
        hidden = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / "library" / place, ignore=hidden)
    home = shutil.make_archive(str(tmp_path / "library"), "zip", tmp_path / "library")
    shutil.rmtree(tmp_path / "library")
    assert run(tmp_path, tmp_path / "cache", home)[0] > 0
    assert run(tmp_path, tmp_path / "cache", home) == (0, 0)
