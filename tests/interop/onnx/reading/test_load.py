"""Models of ONNX files: what they are made of, what they compute, what can be done with them."""

import logging

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim
from fastconv.interop.onnx import load
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal, theirs, written


def norm(channels):
    return {"s": draw(channels) + 2, "b": draw(channels), "m": draw(channels), "v": draw(channels) ** 2 + 0.5}


def classifier():
    """Convolution, batch norm, ReLU, pool, flatten, dense: as networks for classification have it."""
    tensors = {"w": draw(4, 3, 3, 3), "c": draw(4), **norm(4), "d": draw(5, 64), "e": draw(5)}
    nodes = [
        node("Conv", "x w c", "1", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "1 s b m v", "2"),
        node("Relu", "2", "3"),
        node("MaxPool", "3", "4", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "4", "5"),
        node("Gemm", "5 d e", "y", transB=1),
    ]
    return model(nodes, tensors)


def test_a_chain_is_a_sequence_of_layers(tmp_path):
    ours = agrees(classifier(), tmp_path)
    assert kinds(ours) == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    assert ours.output_shape((3, 8, 8)) == (5,)
    assert list(ours.parameters()) == ["0.weight", "0.bias", "1.weight", "1.bias", "5.weight", "5.bias"]


def test_it_can_be_trained_saved_and_explained(tmp_path):
    ours = load(written(classifier(), tmp_path))
    x, labels = draw(8, 3, 8, 8), np.arange(8) % 5
    trainer = fc.Trainer(ours, nn.CrossEntropyLoss(), optim.Adam(ours.parameters(), lr=0.05))
    first = trainer.step(x, labels)
    for _ in range(30):
        last = trainer.step(x, labels)
    assert last < first / 10
    ours.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(fc.load(tmp_path / "model.safetensors").predict(x), ours.predict(x))
    assert "Conv2d" in str(ours.summary((3, 8, 8)))
    assert "W" in str(fc.explain(ours, nn.CrossEntropyLoss(), x[:1], labels[:1]))


def test_the_batch_is_open_where_the_file_fixes_it(tmp_path):
    nodes = [node("Conv", "x w", "1"), node("Reshape", "1 shape", "2"), node("Gemm", "2 d", "y")]
    tensors = {"w": draw(2, 3, 3, 3), "shape": np.array([1, 72]), "d": draw(72, 4)}
    fixed = model(nodes, tensors, shape=(1, 3, 8, 8))
    ours = load(written(fixed, tmp_path))
    assert kinds(ours) == ["Conv2d", "Flatten", "Linear"]
    x = draw(3, 3, 8, 8)
    expected = np.concatenate([theirs(fixed, x[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(ours.predict(x), expected, rtol=1e-5, atol=1e-5)


def test_a_residual_network_has_its_blocks(tmp_path):
    nodes = [
        node("Conv", "x w", "1", pads=[1, 1, 1, 1]),
        node("Relu", "1", "2"),
        node("Add", "2 x", "3"),
        node("Conv", "3 w2", "4", pads=[1, 1, 1, 1]),
        node("Conv", "3 w3", "5"),
        node("Sum", "5 4", "6"),
        node("Conv", "6 w3", "7"),
        node("Concat", "7 6", "y", axis=1),
    ]
    tensors = {"w": draw(3, 3, 3, 3), "w2": draw(3, 3, 3, 3), "w3": draw(3, 3, 1, 1)}
    ours = agrees(model(nodes, tensors), tmp_path)
    assert kinds(ours) == ["Residual", "Residual", "Concat"]
    assert kinds(ours[0].body) == ["Conv2d", "ReLU"]
    assert ours[0].shortcut is None
    assert (ours[1].body.kernel_size, ours[1].shortcut.kernel_size) == ((1, 1), (3, 3))
    assert [type(branch) for branch in ours[2].branches] == [nn.Conv2d, nn.Identity]


def test_what_no_block_says_is_a_graph(tmp_path):
    nodes = [
        node("Conv", "x w", "1"),
        node("Sigmoid", "1", "2"),
        node("Tanh", "1", "3"),
        node("Mul", "2 3", "4"),
        node("Add", "4 2", "y"),
    ]
    ours = agrees(model(nodes, {"w": draw(3, 3, 1, 1)}), tmp_path)
    assert isinstance(ours, nn.Graph)
    assert list(ours.reads()) == [
        "the_Conv_of_1",
        "the_Sigmoid_of_2",
        "the_Tanh_of_3",
        "the_Mul_of_4",
        "the_Add_of_y",
    ]


def test_half_precision_becomes_single_and_is_said_once(tmp_path, caplog):
    nodes = [node("Conv", "x w", "1"), node("Relu", "1", "y")]
    half = model(nodes, {"w": draw(2, 3, 1, 1).astype(np.float16)}, dtype="float16")
    with caplog.at_level(logging.WARNING, logger="fastconv"):
        ours = load(path := written(half, tmp_path))
    assert caplog.messages == [f"{path}: weights of float16 are converted to float32"]
    assert ours[0].dtype == np.float32
    x = draw(2, 3, 8, 8).astype(np.float16)
    np.testing.assert_allclose(ours.predict(x.astype(np.float32)), theirs(half, x), atol=1e-2)


def test_a_model_in_double_precision_stays_one(tmp_path):
    double = model([node("Conv", "x w", "y")], {"w": draw(2, 3, 1, 1, dtype=np.float64)}, dtype="float64")
    ours = load(written(double, tmp_path))
    assert ours[0].dtype == np.float64


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            model([node("STFT", "x", "1"), node("If", "1", "y")]),
            "load: got 2 unknown operations: node 'the If of y' (If), a graph inside a graph; exporting the "
            "way that is taken would fit; node 'the STFT of 1' (STFT), which no layer computes",
        ),
        (
            model([node("Conv", "x w", "y")], {"w": draw(1, 3, 1, 1, 1)}),
            "load: node 'the Conv of y' (Conv): got shape (1, 3, 1, 1, 1) as input 1, needs 3 or 4 axes, "
            "none empty",
        ),
        (
            model([node("Conv", "x w", "y")], {"w": draw(1, 4, 1, 1)}),
            "load: node 'the Conv of y' (Conv): Conv2d: got 3 channels, needs 4; Conv2d(3, 1, 1) would fit",
        ),
        (
            model([node("Transpose", "x", "y", perm=[1, 0, 2, 3])]),
            "load: node 'the Transpose of y' (Transpose): got perm [1, 0, 2, 3], needs the batch's "
            "axis, 0, first",
        ),
        (
            model([node("Relu", "z", "y")]),
            "load: node 'the Relu of y' (Relu): reads 'z', which no node before it gives; a graph in order "
            "without circles would fit",
        ),
        (
            model([node("Split", "x", "y z", axis=1, num_outputs=2)], outputs=("y", "z")),
            "load: got 2 outputs, 'y', 'z', needs one; onnx.utils.extract_model would fit",
        ),
        (
            model([node("Add", "x z", "y")], inputs=("x", "z")),
            "load: got the inputs 'x', 'z', needs one; onnx.utils.extract_model would fit",
        ),
        (
            model([node("Relu", "x", "y")], opset=5),
            "load: got opset 5, needs at least 6; onnx.version_converter.convert_version(model, 13) would "
            "fit",
        ),
    ],
    ids=lambda value: value.split(": ")[-1][:40] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_told_in_one_line(made, message, tmp_path):
    assert refusal(made, tmp_path) == message


def test_what_is_no_file_of_onnx_is_told(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x0a\xff\xff nonsense")
    with pytest.raises(ValueError, match="is no ONNX file"):
        load(tmp_path / "a.onnx")
    with pytest.raises(ValueError, match="is a directory"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "b.onnx")
    with pytest.raises(TypeError, match="load: path: got int"):
        load(3)
