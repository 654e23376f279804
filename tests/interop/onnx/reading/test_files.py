import sys

import pytest

from fastconv.interop.onnx.reading import files
from tests.interop.onnx.models import model, node, written


def test_a_file_and_its_size(tmp_path):
    path = written(model([node("Relu", "x", "y")]), tmp_path)
    made, size = files.opened(path)
    assert made.graph.node[0].op_type == "Relu"
    assert size == path.stat().st_size


def test_files_that_are_too_large_are_not_read(tmp_path, monkeypatch):
    path = written(model([node("Relu", "x", "y")]), tmp_path)
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    with pytest.raises(ValueError, match=r"needs at most 10$"):
        files.opened(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(ValueError, match=r": is a directory, needs to be an ONNX file$"):
        files.opened(tmp_path)
    with pytest.raises(TypeError, match=r"^load: path: got int, needs a file's name$"):
        files.opened(3)


@pytest.mark.parametrize("content", [b"", b"\x0a\xff", b"\x08\x07", b"PK\x03\x04" * 9])
def test_what_is_no_model_is_told(content, tmp_path):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.onnx: is no ONNX file: "):
        files.opened(tmp_path / "a.onnx")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"^onnx: needs onnx: pip install 'fastconv\[onnx\]'$"):
        files.imported()
