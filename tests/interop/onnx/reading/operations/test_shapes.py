import numpy as np
import pytest

from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal

OPEN = ("N", 4, "H", "W")


def reshape(*target, opset=20, **attributes):
    return model([node("Reshape", "x s", "y", **attributes)], {"s": np.array(target)}, ("N", 4, 6, 5), opset)


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ((0, -1), "Flatten"),
        ((-1, 120), "Flatten"),
        ((0, 4, 30), "Flatten"),
        ((0, 0, -1), "Flatten"),
        ((0, 24, 5), "Flatten"),
        ((0, 2, 2, 6, 5), "Reshape"),
        ((-1, 4, 5, 6), "Reshape"),
        ((0, 4, 6, 5), "Identity"),
    ],
)
def test_reshape_of_known_sizes(target, kind, tmp_path):
    assert kinds(agrees(reshape(*target), tmp_path, 2, 4, 6, 5)) == [kind]


def sizes(*parts):
    """Nodes that make a shape of the input's own sizes and of constants, as PyTorch's exporter does."""
    nodes, tensors = [node("Shape", "x", "sizes")], {"zero": np.array([0])}
    for index, part in enumerate(parts):
        if isinstance(part, str):
            tensors[f"i{index}"] = np.array(int(part))
            nodes += [node("Gather", f"sizes i{index}", f"g{index}", axis=0)]
            nodes += [node("Unsqueeze", f"g{index} zero", f"p{index}")]
        else:
            tensors[f"p{index}"] = np.array([part])
    nodes += [node("Concat", " ".join(f"p{index}" for index in range(len(parts))), "s", axis=0)]
    return nodes, tensors


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("0", -1), ["Flatten"]),
        (("0", 2, 2, "2", "3"), ["Unflatten"]),
        (("0", "1", -1), ["Flatten"]),
        (("0", 2, -1), ["Reshape"]),
        (("0", "1", "2", "3"), ["Identity"]),
    ],
)
def test_reshape_by_the_inputs_own_sizes_which_are_open(parts, expected, tmp_path):
    nodes, tensors = sizes(*parts)
    made = model([*nodes, node("Reshape", "x s", "y")], tensors, OPEN)
    ours = agrees(made, tmp_path, 2, 4, 3, 6)
    assert kinds(ours) == expected


def test_arithmetic_of_sizes(tmp_path):
    nodes, tensors = sizes("0", "1")
    half = [
        node("Split", "s", "n c", axis=0, num_outputs=2),
        node("Div", "c two", "half"),
        node("Concat", "n two half rest", "t", axis=0),
    ]
    tensors |= {"two": np.array([2]), "rest": np.array([-1])}
    made = model([*nodes, *half, node("Reshape", "x t", "y")], tensors, OPEN)
    assert kinds(agrees(made, tmp_path, 3, 4, 5, 2)) == ["Reshape"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ((2, -1), "got a shape that mixes the samples of a batch, needs the batch's axis, 0, as it is"),
        ((0, 7, -1), "got shape [0, 7, -1], needs one that (1009, 4, 6, 5) fits"),
        ((0, 4, 7), "got shape [0, 4, 7], needs one that (4, 6, 5) fits"),
    ],
)
def test_shapes_that_do_not_fit_are_told(target, message, tmp_path):
    assert refusal(reshape(*target), tmp_path) == f"load: node 'the Reshape of y' (Reshape): {message}"


@pytest.mark.parametrize("opset", [11, 13])
def test_squeeze_and_unsqueeze(opset, tmp_path):
    new = opset >= 13
    tensors = {"a": np.array([2]), "b": np.array([-1, 1])} if new else {}
    nodes = [
        node("Unsqueeze", "x b" if new else "x", "1", **({} if new else {"axes": [1, 5]})),
        node("Squeeze", "1 a" if new else "1", "2", **({} if new else {"axes": [2]})),
        node("Squeeze", "2", "y"),
    ]
    tensors = tensors and {**tensors, "b": np.array([1, -1])}
    made = model(nodes, tensors, ("N", 1, 3, 4), opset)
    agrees(made, tmp_path, 2, 1, 3, 4)


def test_squeeze_of_what_is_larger_is_told(tmp_path):
    made = model([node("Squeeze", "x a", "y")], {"a": np.array([1])})
    message = "got axes [1] of (None, 3, 8, 8), needs axes of one element"
    assert refusal(made, tmp_path) == f"load: node 'the Squeeze of y' (Squeeze): {message}"


def test_transpose(tmp_path):
    made = model(
        [node("Transpose", "x", "1", perm=[0, 2, 3, 1]), node("Transpose", "1", "y", perm=[0, 3, 1, 2])]
    )
    ours = agrees(made, tmp_path)
    assert kinds(ours) == ["Permute", "Permute"]


@pytest.mark.parametrize("target", [(1, 3, 4, 2), (2, 1, 1, 3, 4, 2), (4, 1)])
def test_expand(target, tmp_path):
    made = model([node("Expand", "x s", "y")], {"s": np.array(target)}, ("N", 3, 1, 2))
    if len(target) == 6:
        assert refusal(made, tmp_path).endswith("needs the batch's axis, 0, as it is")
    else:
        agrees(made, tmp_path, 2, 3, 1, 2)


def test_tile(tmp_path):
    agrees(model([node("Tile", "x r", "y")], {"r": np.array([1, 2, 1, 3])}), tmp_path)
    many = model([node("Tile", "x r", "y")], {"r": np.array([1, 2000, 1, 1])})
    assert refusal(many, tmp_path).endswith("got data repeated [2000] times, needs a known number up to 64")


def test_flatten(tmp_path):
    assert kinds(agrees(model([node("Flatten", "x", "y")], shape=OPEN), tmp_path, 2, 4, 3, 5)) == ["Flatten"]
    got = refusal(model([node("Flatten", "x", "y", axis=2)]), tmp_path)
    assert got.endswith("got a shape that mixes the samples of a batch, needs the batch's axis, 0, as it is")


def test_cast_of_data(tmp_path):
    assert kinds(agrees(model([node("Cast", "x", "y", to=1)]), tmp_path)) == ["Identity"]
    got = refusal(model([node("Cast", "x", "y", to=7)]), tmp_path)
    assert got.endswith("got data to be converted to int64, needs floats throughout")


def test_dense_layers_behind_an_open_size_take_what_they_need(tmp_path):
    nodes = [node("Flatten", "x", "1"), node("Gemm", "1 w", "2"), node("LayerNormalization", "2 s", "y")]
    made = model(nodes, {"w": draw(60, 5), "s": draw(5)}, OPEN)
    assert kinds(agrees(made, tmp_path, 2, 4, 3, 5)) == ["Flatten", "Linear", "LayerNorm"]
