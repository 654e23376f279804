import sys
from pathlib import Path

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.cli import modelfile
from fastconv.data.augment import Normalize
from fastconv.data.preparation import Preparation

CHAIN = Path(__file__).parents[1] / "interop/keras/models/chain.keras"


@pytest.fixture(scope="module", autouse=True)
def onnx():
    return pytest.importorskip("onnx")


def test_a_trained_model(fastconv, model, onnx, tmp_path):
    out = tmp_path / "bars.onnx"
    result = fastconv("export", model, out)
    assert result == (0, f"{out}: opset 20, N x 1 x 6 x 8 to N x 3, 3 classes\n", "")
    session = pytest.importorskip("onnxruntime").InferenceSession(out)
    x = np.random.default_rng(0).random((2, 1, 6, 8), np.float32)
    with fc.backend("reference"):
        np.testing.assert_allclose(session.run(None, {"input": x})[0], fc.load(model)(x), atol=1e-5)
    entries = {entry.key: entry.value for entry in onnx.load(out).metadata_props}
    assert entries["fastconv.classes"] == '["left", "middle", "right"]'


def test_the_preparation_goes_with_it(fastconv, tmp_path):
    how = Preparation((0.0, 15.0), True, Normalize(0.25, 0.5))
    task = modelfile.Task((1, 2, 2), ("a", "b"), how)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, seed=0))
    modelfile.save(model, task, str(tmp_path / "model.safetensors"))
    assert fastconv("export", tmp_path / "model.safetensors", tmp_path / "model.onnx").status == 0
    assert modelfile.load(str(tmp_path / "model.onnx"))[1] == task


def test_the_shape_and_the_operators_are_what_is_asked_for(fastconv, refused, onnx, tmp_path):
    nn.Sequential(nn.Conv2d(3, 2, 3, seed=0), nn.Hardswish()).save(tmp_path / "model.safetensors")
    out = tmp_path / "model.onnx"
    asked = ("export", tmp_path / "model.safetensors", out)
    assert refused(*asked).endswith(
        "does not say the shape of its input, needs --input-shape=C,H,W, without the batch"
    )
    result = fastconv(*asked, "--input-shape", "3,5,6", "--opset", 17)
    assert result == (0, f"{out}: opset 17, N x 3 x 5 x 6 to N x 2 x 3 x 4\n", "")
    assert onnx.load(out).opset_import[0].version == 17
    again = fastconv("export", out, tmp_path / "again.onnx")
    assert again.out.endswith("again.onnx: opset 20, N x 3 x 5 x 6 to N x 2 x 3 x 4\n")


def test_a_model_of_keras(fastconv, tmp_path):
    pytest.importorskip("h5py")
    out = tmp_path / "chain.onnx"
    result = fastconv("export", CHAIN, out)
    assert result == (0, f"{out}: opset 20, N x 3 x 9 x 8 to N x 4\n", "")
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (12, 9, 8, 3), np.uint8), np.arange(12) % 4
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    both = [
        fastconv("evaluate", file, "--data", f"npz:{tmp_path / 'data.npz'}", "--backend", "reference")
        for file in (CHAIN, out)
    ]
    assert [result.status for result in both] == [0, 0]
    assert both[0].out.splitlines()[1:] == both[1].out.splitlines()[1:]


def test_bad_input(refused, model, tmp_path):
    out = tmp_path / "model.onnx"
    assert refused("export", model, tmp_path / "model").endswith("needs a name that ends in .onnx")
    assert refused("export", tmp_path / "none.safetensors", out).startswith("No such file or directory: ")
    assert "opset: got 12, needs an integer from 13 to" in refused("export", model, out, "--opset", 12)
    assert "sizes of at least 1" in refused("export", model, out, "--input-shape", "1,0,6")
    assert "sizes of at least 1" in refused("export", model, out, "--input-shape", "big")
    assert "got 3 channels" in refused("export", model, out, "--input-shape", "3,6,8")
    assert not out.exists()


def test_without_the_package(refused, model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert refused("export", model, tmp_path / "a.onnx").endswith("pip install 'fastconv[onnx]'")
