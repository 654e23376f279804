import importlib
import sys

import pytest

import fastconv
from fastconv import interop


def test_without_scikit_learn_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "fastconv.interop.sklearn", raising=False)
    with pytest.raises(ImportError) as error:
        importlib.import_module("fastconv.interop.sklearn")
    needs = "needs scikit-learn: pip install 'fastconv[sklearn]'"
    assert str(error.value) == f"fastconv.interop.sklearn: {needs}"


def test_all_names_of_interop_come_without_scikit_learn():
    assert "sklearn" not in interop.__all__


def test_it_is_imported_where_it_is_named():
    pytest.importorskip("sklearn")
    assert fastconv.interop.sklearn.__all__ == ["ConvClassifier", "ConvRegressor"]
