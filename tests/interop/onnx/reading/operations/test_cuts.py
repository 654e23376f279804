import numpy as np
import pytest

from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal


def test_slice_of_several_axes(tmp_path):
    tensors = {"s": np.array([1, -6, 5]), "e": np.array([3, 2**63 - 1, -(2**63)])}
    tensors |= {"a": np.array([1, -2, 3]), "p": np.array([1, 2, -1])}
    ours = agrees(model([node("Slice", "x s e a p", "y")], tensors), tmp_path)
    assert kinds(ours) == ["Slice"] * 3


def test_slice_of_old_files_and_of_all(tmp_path):
    old = model([node("Slice", "x", "y", starts=[0, 1], ends=[9, 2**31 - 1], axes=[1, 2])], opset=9)
    assert kinds(agrees(old, tmp_path)) == ["Slice"]


def test_slice_of_the_batch_is_refused(tmp_path):
    made = model([node("Slice", "x s e", "y")], {"s": np.array([0]), "e": np.array([1])})
    assert refusal(made, tmp_path).endswith("got axis 0, the batch's, needs an axis of a sample")


@pytest.mark.parametrize("opset", [11, 13, 18])
def test_split_and_concat(opset, tmp_path):
    sizes = {"split": [2, 1, 5]} if opset < 13 else {}
    split = node("Split", "x" if opset < 13 else "x parts", "a b c", axis=3, **sizes)
    nodes = [split, node("Concat", "c a b", "y", axis=-1)]
    ours = agrees(model(nodes, {"parts": np.array([2, 1, 5])} if opset > 11 else {}, opset=opset), tmp_path)
    assert kinds(ours) == ["Concat"]


def test_split_into_equal_parts_of_which_the_last_is_smaller(tmp_path):
    nodes = [node("Split", "x", "a b c", axis=2, num_outputs=3), node("Concat", "b a", "y", axis=2)]
    agrees(model(nodes), tmp_path)


@pytest.mark.parametrize("indices", [1, -1, [2, 0], [1]])
def test_gather(indices, tmp_path):
    agrees(model([node("Gather", "x i", "y", axis=1)], {"i": np.array(indices)}), tmp_path)


def test_indices_outside_are_told(tmp_path):
    made = model([node("Gather", "x i", "y", axis=1)], {"i": np.array([3])})
    message = "got indices [3], needs some inside axis 1 of (None, 3, 8, 8)"
    assert refusal(made, tmp_path) == f"load: node 'the Gather of y' (Gather): {message}"


@pytest.mark.parametrize(
    ("mode", "value", "kind"),
    [
        ("constant", None, "ZeroPad2d"),
        ("constant", 1.5, "ConstantPad2d"),
        ("reflect", None, "ReflectionPad2d"),
        ("edge", None, "ReplicationPad2d"),
        ("wrap", None, "CircularPad2d"),
    ],
)
def test_pad(mode, value, kind, tmp_path):
    tensors = {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0])}
    if value is not None:
        tensors["v"] = np.float32(value)
    made = model([node("Pad", " ".join(["x", *tensors]), "y", mode=mode)], tensors)
    assert kinds(agrees(made, tmp_path)) == [kind]


def test_pad_of_named_axes_and_of_signals(tmp_path):
    tensors = {"p": np.array([1, 2]), "a": np.array([-1])}
    made = model([node("Pad", "x p none a", "y", mode="edge")], tensors, ("N", 3, 7))
    made.graph.node[0].input[2] = ""
    assert kinds(agrees(made, tmp_path, 2, 3, 7)) == ["ReplicationPad1d"]


def test_a_padding_of_channels_is_refused(tmp_path):
    made = model([node("Pad", "x p", "y")], {"p": np.array([0, 1, 0, 0, 0, 0, 0, 0])})
    assert refusal(made, tmp_path).endswith("got a padding of batch or channels, needs one of pixels")


def test_a_constant_beside_data_is_refused(tmp_path):
    made = model([node("Concat", "x c", "y", axis=1)], {"c": draw(1, 3, 8, 8)})
    assert refusal(made, tmp_path).endswith(
        "got a constant as input 1, needs what depends on the model's input"
    )
