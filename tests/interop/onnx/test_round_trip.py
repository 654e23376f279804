import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.interop.onnx import export, load
from tests.interop.onnx.writing.cases import CASES, batches, cases, drawn
from tests.interop.onnx.writing.test_export import network

LEFT_OUT = [
    (nn.BatchNorm2d, lambda layer: not layer.track_running_stats, "means over the batch"),
    (nn.Softmax, lambda layer: layer.dim == 0, "probabilities over the batch"),
]
"""What `load` has no layer for, though a file may say it."""


def assert_same(model, other, shape):
    with fc.backend("reference"):
        for x in batches(shape):
            np.testing.assert_allclose(other(x), model(x), rtol=1e-5, atol=1e-5)


def undescribed(path):
    """The file without fastconv's own entries, as another program would have written it."""
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(path)
    proto.ClearField("metadata_props")
    onnx.save(proto, path)
    return path


def assert_equal(model, other):
    """Whether these are the same layers with the same numbers under the same names."""
    assert other.describe() == model.describe()
    mine, theirs = model.state_dict(), other.state_dict()
    assert [*mine] == [*theirs]
    for name in mine:
        if name.split(".")[-1] != "num_batches_tracked":
            np.testing.assert_array_equal(mine[name], theirs[name])


@pytest.mark.parametrize(("make", "shape"), cases(*CASES))
def test_what_was_exported_is_loaded_as_it_was(make, shape, tmp_path):
    pytest.importorskip("onnx")
    model = drawn(make)
    export(model, tmp_path / "model.onnx", shape)
    assert_equal(model, load(tmp_path / "model.onnx"))


@pytest.mark.parametrize(("make", "shape"), cases(*CASES))
def test_the_graph_alone_says_what_is_computed(make, shape, tmp_path):
    pytest.importorskip("onnx")
    model = drawn(make)
    export(model, tmp_path / "model.onnx", shape)
    undescribed(tmp_path / "model.onnx")
    for kind, applies, reason in LEFT_OUT:
        if isinstance(model, kind) and applies(model):
            with pytest.raises(ValueError, match=r"^load: "):
                load(tmp_path / "model.onnx")
            pytest.skip(reason)
    assert_same(model, load(tmp_path / "model.onnx"), shape)


@pytest.mark.parametrize("opset", [13, 17, 20, 21])
def test_a_whole_network_can_be_loaded_trained_and_exported_again(opset, tmp_path):
    pytest.importorskip("onnx")
    model, path = drawn(network), tmp_path / "model.onnx"
    model.classes, model.preparation = list("abcde"), {"value_range": None, "crop": True, "normalize": None}
    export(model, path, (2, 7, 6), opset)
    assert_equal(model, loaded := load(path))
    assert (loaded.classes, loaded.preparation) == (model.classes, model.preparation)
    loaded = load(undescribed(path))
    assert (loaded.classes, loaded.preparation) == (None, None)
    assert_same(model, loaded, (2, 7, 6))
    count = sum(array.size for array in model.parameters().values())
    assert sum(array.size for array in loaded.parameters().values()) == count
    x = np.random.default_rng(0).normal(size=(3, 2, 7, 6)).astype(np.float32)
    with fc.backend("reference"):
        y, backward = loaded.forward(x)
        assert len(backward(y)[1]) == len(model.parameters())
    export(loaded, path, (2, 7, 6), opset)
    assert_same(loaded, load(path), (2, 7, 6))


@pytest.mark.parametrize("classes", ["[1, 2", '["a", "a"]'])
def test_metadata_that_does_not_fit_is_an_error_with_the_name_of_the_file(classes, tmp_path):
    onnx = pytest.importorskip("onnx")
    export(nn.ReLU(), tmp_path / "model.onnx", (3,))
    proto = onnx.load(tmp_path / "model.onnx")
    onnx.helper.set_model_props(proto, {"fastconv.classes": classes})
    onnx.save(proto, tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"model\.onnx: its entry fastconv\.classes does not fit"):
        load(tmp_path / "model.onnx")
