import os
import sys

import numpy as np
import pytest

import fastconv as fc
from fastconv import models, nn
from fastconv.interop import onnx as ours
from fastconv.interop.onnx.writing import export as module
from fastconv.interop.onnx.writing.export import export
from tests.interop.onnx.writing.cases import OPSETS, assert_same, cases, computed, drawn, written


def network(dtype=np.float32):
    """All containers, one in the other."""
    graph = nn.Graph(
        {
            "a": (nn.Conv2d(6, 4, 1, dtype=dtype), "input"),
            "b": (nn.Sequential(nn.Sigmoid(), nn.Dropout()), "a"),
            "output": (nn.Add(), "a", "b"),
            "end": (nn.Concatenate(1), "output", "b", "input"),
        }
    )
    body = nn.Sequential(
        {"conv": nn.Conv2d(2, 4, 3, 2, 1, dtype=dtype), "norm": nn.BatchNorm2d(4, dtype=dtype)}
    )
    return nn.Sequential(
        nn.Residual(body, nn.Conv2d(2, 4, 1, 2, dtype=dtype)),
        nn.ReLU(),
        nn.Residual(nn.Sequential()),
        nn.Concat(nn.Identity(), nn.Conv2d(4, 2, 1, dtype=dtype)),
        graph,
        nn.Flatten(),
        nn.Linear(14 * 4 * 3, 5, dtype=dtype),
    )


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize(("make", "shape"), cases("containers"))
def test_onnxruntime_computes_the_same(make, shape, opset, tmp_path):
    assert_same(drawn(make), shape, tmp_path / "model.onnx", opset)


@pytest.mark.parametrize("opset", OPSETS)
def test_containers_inside_each_other(opset, tmp_path):
    assert_same(drawn(network), (2, 7, 6), tmp_path / "model.onnx", opset)


SHAPES = {"derivation_mlp": (8,), "mobilenet_v1": (3, 32, 32), "ds_cnn": (1, 17, 10)}


@pytest.mark.parametrize("name", models.names())
def test_ready_models(name, tmp_path):
    usual = (1, 8, 8) if name in ("digits", "derivation_cnn") else (1, 28, 28)
    shape = SHAPES.get(name, usual)
    assert_same(models.build(name, shape, 3, seed=0), shape, tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("model", "shape"), [(models.autoencoder(20, seed=0), (20,)), (models.unet_small(seed=0), (1, 16, 16))]
)
def test_ready_models_that_are_no_classifiers(model, shape, tmp_path):
    assert_same(model, shape, tmp_path / "model.onnx")


def test_nodes_and_arrays_have_the_names_of_the_model(tmp_path):
    model = network()
    proto = written(model, (2, 7, 6), tmp_path / "model.onnx")
    assert [node.name for node in proto.graph.node] == [
        *("0.body.conv", "0.body.norm", "0.shortcut", "0", "1", "2", "3.branches.0", "3.branches.1", "3"),
        *("4.a", "4.b.0", "4.b.1", "4.output", "4.end", "5", "6"),
    ]
    assert [value.name for value in proto.graph.input] == ["input"]
    assert [value.name for value in proto.graph.output] == ["output"]
    arrays = {array.name for array in proto.graph.initializer}
    assert arrays == {*model.parameters(), *model.buffers(), "4.b.1/ratio"} - {
        "0.body.norm.num_batches_tracked"
    }


def test_a_layer_that_is_called_output_is_none(tmp_path):
    graph = nn.Graph({"output": (nn.ReLU(), "input"), "end": (nn.Sigmoid(), "output")})
    proto = written(graph, (3,), tmp_path / "model.onnx")
    assert [(node.name, *node.input, *node.output) for node in proto.graph.node] == [
        ("output", "input", "output_1"),
        ("end", "output_1", "output"),
    ]


def test_names_that_nodes_of_other_layers_would_take(tmp_path):
    nodes = {"a": (nn.SiLU(), "input"), "a/Sigmoid": (nn.ReLU(), "a"), "end": (nn.Add(), "a", "a/Sigmoid")}
    proto = written(nn.Graph(nodes), (3,), tmp_path / "model.onnx")
    assert len({node.name for node in proto.graph.node}) == len(proto.graph.node) == 4
    x = np.array([[-1, 0, 2]], np.float32)
    half = x / (1 + np.exp(-x))
    np.testing.assert_allclose(computed(proto, x), half + np.maximum(half, 0), rtol=1e-6)


def test_a_layer_that_is_there_twice_has_its_arrays_once(tmp_path):
    shared = nn.Linear(4, 4, seed=0)
    model = nn.Sequential(shared, nn.Tanh(), shared)
    proto = written(model, (4,), tmp_path / "model.onnx")
    assert [array.name for array in proto.graph.initializer] == ["0.weight", "0.bias"]
    assert_same(model, (4,), tmp_path / "model.onnx")


def test_a_class_of_ones_own_that_says_what_its_parameters_are(tmp_path):
    class Hidden(nn.Sequential):
        def parameters(self):
            return {}

    model = nn.Sequential(Hidden(nn.Linear(4, 4, seed=0)), nn.Tanh())
    proto = written(model, (4,), tmp_path / "model.onnx")
    assert [array.name for array in proto.graph.initializer] == ["0.0.weight", "0.0.bias"]


def test_what_is_frozen_is_written_too(tmp_path):
    model = drawn(network)
    plain = written(model, (2, 7, 6), tmp_path / "model.onnx")
    model.freeze()
    assert written(model, (2, 7, 6), tmp_path / "model.onnx").graph == plain.graph


def test_the_oldest_format_that_has_the_operators(tmp_path):
    versions = [written(nn.ReLU(), (3,), tmp_path / "model.onnx", opset) for opset in (13, 17, 20)]
    assert [(v.ir_version, v.opset_import[0].version) for v in versions] == [(7, 13), (8, 17), (9, 20)]


def test_classes_and_preparation_are_in_the_file(tmp_path):
    model = nn.Linear(4, 2, seed=0)
    model.classes, model.preparation = ["cat", "dog"], {"crop": True}
    proto = written(model, (4,), tmp_path / "model.onnx")
    entries = {entry.key: entry.value for entry in proto.metadata_props}
    assert entries.pop("fastconv.model")
    assert entries == {"fastconv.classes": '["cat", "dog"]', "fastconv.preparation": '{"crop": true}'}


def test_a_layer_of_ones_own_is_named_with_its_place(tmp_path):
    class Mine(nn.Layer):
        def forward(self, x, training=True):
            return x, lambda dy, input_gradient=True: (dy, {})

    model = nn.Sequential(nn.ReLU(), nn.Residual(nn.Sequential(nn.Tanh(), Mine())))
    pytest.importorskip("onnx")
    with pytest.raises(
        ValueError, match=r"^in 1\.body\.1 \(Mine\): got a layer that ONNX has no operators for"
    ):
        export(model, tmp_path / "model.onnx", (3,))
    with pytest.raises(ValueError, match=r"^in Mine \(Mine\)"):
        export(Mine(), tmp_path / "model.onnx", (3,))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            nn.AdaptiveAvgPool2d((0, 1)),
            (1, 3, 3),
            r"in 0 \(AdaptiveAvgPool2d\): got outputs of shape \(1, 0, 1\)",
        ),
        (
            nn.PixelShuffle(2),
            (2, 4, 3, 3),
            r"in 0 \(PixelShuffle\): got shape \(2, 4, 3, 3\), needs \(channels",
        ),
        (nn.Conv2d(3, 1, 1), (1, 4, 4), r"in 0 \(Conv2d\): got 1 channels, needs 3"),
    ],
)
def test_what_onnx_cannot_say_is_named_with_its_place(layer, shape, message, tmp_path):
    pytest.importorskip("onnx")
    with pytest.raises(ValueError, match=f"^{message}"):
        export(nn.Sequential(layer), tmp_path / "model.onnx", shape)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((nn.ReLU, "a.onnx", (3,)), TypeError, r"export: model: got the class ReLU, needs a Layer"),
        ((nn.MSELoss(), "a.onnx", (3,)), TypeError, "export: model: got MSELoss, needs a Layer"),
        ((nn.ReLU(), 3, (3,)), TypeError, "export: path: got int, needs a file's name"),
        ((nn.ReLU(), ".", (3,)), ValueError, "is a directory, needs to be an ONNX file"),
        ((nn.ReLU(), "a.onnx", 3), TypeError, "export: input_shape: got 3, needs a tuple of integers"),
        (
            (nn.ReLU(), "a.onnx", (3, 0)),
            ValueError,
            r"export: input_shape: got \(3, 0\), needs sizes",
        ),
        ((nn.ReLU(), "a.onnx", (3,), 12), ValueError, "export: opset: got 12, needs an integer from 13 to"),
        (
            (nn.ReLU(), "a.onnx", (3,), 10**6),
            ValueError,
            "export: opset: got 1000000, needs an integer",
        ),
        ((nn.ReLU(), "a.onnx", (3,), "20"), TypeError, "export: opset: got '20', needs an integer"),
        ((nn.ReLU(), "no/a.onnx", (3,)), FileNotFoundError, "the folder to save to is missing"),
    ],
)
def test_arguments_that_do_not_fit(arguments, error, message, tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        export(*arguments)
    assert not list(tmp_path.iterdir())


def test_arrays_that_a_file_cannot_hold(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setattr(module, "LARGEST", 4 * (4 * 256 + 256) - 1)
    with pytest.raises(ValueError, match=r"export: model: got arrays of 0\.0 GB, needs less than 2 GB"):
        export(nn.Linear(4, 256), tmp_path / "model.onnx", (4,))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left on device"):
            export(nn.ReLU(), path, (3,))
    assert path.read_bytes() == b"before"
    export(nn.ReLU(), path, (3,))
    assert path.read_bytes() != b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_model_gives_the_same_bytes(tmp_path):
    pytest.importorskip("onnx")
    for name in ("a", "b"):
        export(drawn(network), tmp_path / name, (2, 7, 6))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_without_the_package_one_line_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"^onnx: needs onnx: pip install"):
        ours.export(nn.ReLU(), tmp_path / "model.onnx", (3,))


def test_it_is_public():
    assert ours.export is export
    assert fc.interop.onnx.export is export
