import sys

import pytest

from fastconv.interop.onnx.package import package


def test_the_package_itself():
    onnx = pytest.importorskip("onnx")
    assert package("load") is onnx


def test_without_it_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"^load: needs the package onnx: pip install 'fastconv\[onnx\]'$"):
        package("load")
