"""Files of `export`: the model comes back as it was, unless another program has changed the graph."""

import json

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.interop.onnx import described, load
from fastconv.interop.onnx.described import KEY
from tests.interop.onnx.test_round_trip import assert_equal, assert_same
from tests.interop.onnx.writing.cases import drawn, written


def shared():
    """A layer at three places."""
    dense = nn.Linear(4, 4)
    return nn.Sequential(dense, nn.Tanh(), nn.Residual(nn.Sequential(dense, nn.Dropout(0.25))), dense)


def named():
    """Layers with names of several words, and of folders."""
    nodes = {"a b/c": (nn.Linear(4, 3), "input"), "ä": (nn.ReLU(), "a b/c"), "a_b_c": (nn.Tanh(), "a b/c")}
    return nn.Graph({**nodes, "/end": (nn.Multiply(), "ä", "a_b_c")})


def frozen():
    """A layer that is trained, and one that is not."""
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    model.freeze("0", "1")
    return model


def lone():
    """A layer in no container."""
    return nn.Linear(4, 2)


@pytest.mark.parametrize("make", [shared, named, frozen, lone])
def test_the_model_of_the_file_is_the_one_that_was_exported(make, tmp_path):
    model = drawn(lambda dtype: make())
    written(model, (4,), tmp_path / "model.onnx")
    other = load(tmp_path / "model.onnx")
    assert_equal(model, other)
    assert [*other.parameters()] == [*model.parameters()]
    assert other.frozen() == model.frozen()
    assert_same(model, other, (4,))


def test_a_layer_at_several_places_is_trained_as_one(tmp_path):
    written(model := drawn(lambda dtype: shared()), (4,), tmp_path / "model.onnx")
    other = load(tmp_path / "model.onnx")
    assert other[0] is other[2].body[0] is other[3]
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    with fc.backend("reference"):
        (y, backward), (theirs, back) = (each.forward(x, training=False) for each in (model, other))
        mine, others = backward(y)[1], back(theirs)[1]
    assert [*mine] == [*others] == ["0.weight", "0.bias"]
    for name in mine:
        np.testing.assert_array_equal(mine[name], others[name])


def changed(proto, key, value):
    for entry in proto.metadata_props:
        if entry.key == KEY:
            entry.value = json.dumps({**json.loads(entry.value), key: value})


def another_node(proto):
    proto.graph.node[0].op_type = "Sigmoid"


def another_constant(proto):
    (low,) = (array for array in proto.graph.initializer if array.name == "0/min")
    low.raw_data = np.float32(-3).tobytes()


def another_opset(proto):
    proto.opset_import[0].version += 1


def another_shape(proto):
    (weight,) = (array for array in proto.graph.initializer if array.name == "1.weight")
    weight.dims[:] = [1, 2, 4]


def another_layer(proto):
    changed(proto, "model", {"class": "Sequential", "layers": [{"class": "Nonsense"}]})


def other_sizes(proto):
    changed(proto, "model", {"class": "Linear", "in_features": 2**20, "out_features": 2**20})


def much_to_fill(proto):
    changed(proto, "model", {"class": "LayerNorm", "normalized_shape": [2**12, 2**12, 2**12]})


def many_layers(proto):
    layers = [{"class": "BatchNorm1d", "num_features": 2**24}] * 100
    changed(proto, "model", {"class": "Sequential", "layers": layers})


def many_sizes(proto):
    changed(proto, "model", {"class": "LayerNorm", "normalized_shape": [10**9] * 100_000})


def no_constants(proto):
    changed(proto, "constants", 3)


def no_dict(proto):
    proto.metadata_props[0].value = "[]"


def too_deep(proto):
    proto.metadata_props[0].value = "[" * 100_000


def hardtanh():
    return nn.Sequential(nn.Hardtanh(-1, 2), nn.Linear(4, 2))


OF_THE_GRAPH = another_node, another_constant, another_opset
OF_THE_ENTRY = another_layer, other_sizes, no_constants, no_dict, too_deep
TOO_MUCH = much_to_fill, many_layers, many_sizes


@pytest.mark.parametrize("change", [*OF_THE_GRAPH, *OF_THE_ENTRY, *TOO_MUCH])
def test_a_file_that_was_changed_is_read_as_any(change, tmp_path):
    onnx = pytest.importorskip("onnx")
    proto = written(drawn(lambda dtype: hardtanh()), (4,), tmp_path / "model.onnx")
    change(proto)
    onnx.save(proto, tmp_path / "changed.onnx")
    proto.ClearField("metadata_props")
    onnx.save(proto, tmp_path / "bare.onnx")
    assert_equal(load(tmp_path / "bare.onnx"), load(tmp_path / "changed.onnx"))


def test_other_shapes_are_an_error_of_the_graph(tmp_path):
    onnx = pytest.importorskip("onnx")
    proto = written(drawn(lambda dtype: hardtanh()), (4,), tmp_path / "model.onnx")
    another_shape(proto)
    onnx.save(proto, tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"^load: node '1' \(Gemm\): got shape \(1, 2, 4\) as input 1"):
        load(tmp_path / "model.onnx")


def test_new_numbers_and_another_batch_are_no_change(tmp_path):
    onnx = pytest.importorskip("onnx")
    model = drawn(lambda dtype: shared())
    proto = written(model, (4,), tmp_path / "model.onnx")
    bias = np.float32([1, 2, 3, 4])
    (array,) = (array for array in proto.graph.initializer if array.name == "0.bias")
    array.raw_data = bias.tobytes()
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(proto, tmp_path / "model.onnx", save_as_external_data=True, location="data", size_threshold=0)
    model[0].bias[...] = bias
    assert_equal(model, load(tmp_path / "model.onnx"))


class Scaled(nn.Sequential):
    """A class of the user's with the forward of a container."""


def test_a_class_that_is_not_registered_is_read_as_the_graph_says(tmp_path):
    model = Scaled(nn.Linear(4, 2, seed=0))
    proto = written(model, (4,), tmp_path / "model.onnx")
    assert KEY not in {entry.key for entry in proto.metadata_props}
    other = load(tmp_path / "model.onnx")
    assert type(other) is nn.Sequential
    assert_same(model, other, (4,))


@pytest.mark.parametrize("change", TOO_MUCH)
def test_sizes_are_checked_before_memory_is_taken(change, tmp_path, monkeypatch):
    onnx = pytest.importorskip("onnx")
    proto = written(drawn(lambda dtype: hardtanh()), (4,), tmp_path / "model.onnx")
    monkeypatch.setattr(described, "restored", lambda *_: pytest.fail("a layer is made"))
    monkeypatch.setattr(described, "_digest", lambda *_: pytest.fail("the graph is looked at"))
    change(proto)
    onnx.save(proto, tmp_path / "changed.onnx")
    load(tmp_path / "changed.onnx")
