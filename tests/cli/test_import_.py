import re
import sys
from pathlib import Path

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.cli import modelfile
from fastconv.interop import keras
from fastconv.interop.onnx import export

CHAIN = Path(__file__).parents[1] / "interop/keras/models/chain.keras"


@pytest.fixture(scope="module", autouse=True)
def onnx():
    return pytest.importorskip("onnx")


def test_there_and_back(fastconv, model, tmp_path):
    there, back = tmp_path / "bars.onnx", tmp_path / "back.safetensors"
    fastconv("export", model, there)
    result = fastconv("import", there, back)
    size = sum(array.size for array in fc.load(model).parameters().values())
    assert result == (0, f"{back}: {size:,} parameters, 3 classes\n", "")
    (first, task), (second, other) = modelfile.load(str(model)), modelfile.load(str(back))
    assert task == other
    x = np.random.default_rng(0).random((2, 1, 6, 8), np.float32)
    with fc.backend("reference"):
        np.testing.assert_allclose(first(x), second(x), rtol=1e-5, atol=1e-6)


def test_a_file_that_says_nothing_of_classes(fastconv, tmp_path):
    model = nn.Linear(3, 2, seed=0)
    export(model, tmp_path / "a.onnx", (3,))
    back = tmp_path / "a.safetensors"
    assert fastconv("import", tmp_path / "a.onnx", back) == (0, f"{back}: 8 parameters\n", "")
    x = np.random.default_rng(0).random((2, 3), np.float32)
    with fc.backend("reference"):
        np.testing.assert_allclose(fc.load(back)(x), model(x), rtol=1e-5, atol=1e-6)


def test_bad_input(refused, model, onnx, tmp_path):
    out = tmp_path / "out.safetensors"
    needs = "got this to read, needs a name that ends in .onnx or .keras"
    assert refused("import", model, out).endswith(needs)
    assert refused("import", tmp_path / "a.onnx", tmp_path / "b.keras").endswith("such as model.safetensors")
    assert refused("import", tmp_path / "a.onnx", tmp_path / "b.onnx").endswith("such as model.safetensors")
    assert refused("import", tmp_path / "a.onnx", out).endswith("a.onnx: No such file or directory")
    (tmp_path / "a.onnx").write_bytes(b"no model")
    assert str(tmp_path / "a.onnx") in refused("import", tmp_path / "a.onnx", out)
    graph = "g (float[N] x) => (float[N] y) { y = Erf(x) }"
    proto = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["": 17]> {graph}')
    onnx.save(proto, tmp_path / "erf.onnx")
    assert re.match(rf"{tmp_path}/erf\.onnx: .*Erf", refused("import", tmp_path / "erf.onnx", out))
    assert not out.exists()


def test_a_file_of_keras(fastconv, tmp_path):
    pytest.importorskip("h5py")
    back = tmp_path / "back.safetensors"
    result = fastconv("import", CHAIN, back)
    model = keras.load(CHAIN)
    size = sum(array.size for array in model.parameters().values())
    assert result == (0, f"{back}: {size:,} parameters\n", "")
    with np.load(CHAIN.with_suffix(".npz")) as arrays:
        x, y = arrays["x"].transpose(0, 3, 1, 2), arrays["y"]
    assert fc.load(back).describe() == model.describe()
    np.testing.assert_allclose(fc.load(back)(x), y, rtol=1e-5, atol=1e-5)


def test_a_bad_file_of_keras(refused, tmp_path):
    pytest.importorskip("h5py")
    out, bad = tmp_path / "out.safetensors", tmp_path / "a.keras"
    assert refused("import", bad, out).endswith("a.keras: No such file or directory")
    bad.write_bytes(b"no model")
    assert refused("import", bad, out) == f"{bad}: is no complete .keras file: File is not a zip file"
    assert refused("import", tmp_path, out).endswith("needs a name that ends in .onnx or .keras")
    (tmp_path / "b.keras").mkdir()
    assert refused("import", tmp_path / "b.keras", out).endswith("is a directory, needs to be a .keras file")
    assert not out.exists()


def test_without_the_package_of_keras_files(refused, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert refused("import", CHAIN, tmp_path / "b").endswith("pip install 'fastconv[keras]'")


def test_without_the_package(refused, tmp_path, monkeypatch):
    (tmp_path / "a.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert refused("import", tmp_path / "a.onnx", tmp_path / "b").endswith("pip install 'fastconv[onnx]'")


def test_commands_take_onnx_files(fastconv, model, bars, tmp_path):
    there = tmp_path / "bars.onnx"
    fastconv("export", model, there)
    options = ("--data", f"npz:{bars}", "--backend", "reference")
    first, second = fastconv("evaluate", model, *options), fastconv("evaluate", there, *options)
    assert second.status == 0
    assert first.out.splitlines()[1:] == second.out.splitlines()[1:]


def test_pictures_are_prepared_as_the_file_says(fastconv, model, bars, tmp_path):
    pictures = pytest.importorskip("PIL.Image")
    with np.load(bars) as arrays:
        pictures.fromarray(arrays["images"][1]).save(tmp_path / "bar.png")
    fastconv("export", model, tmp_path / "bars.onnx")
    options = (tmp_path / "bar.png", "--labels", "--backend", "reference")
    assert fastconv("predict", tmp_path / "bars.onnx", *options) == (0, "middle\n", "")
