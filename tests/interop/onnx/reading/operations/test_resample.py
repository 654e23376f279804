import numpy as np
import pytest

from tests.interop.onnx.models import agrees, kinds, model, node, refusal


def resize(tensors, opset=20, shape=("N", 3, "H", "W"), **attributes):
    """A Resize; of tensors named s the scales, of t the sizes."""
    inputs = {"s": "x none s", "t": "x none none t"}[next(iter(tensors))]
    made = model([node("Resize", inputs, "y", **attributes)], tensors, shape, opset)
    for index, name in enumerate(made.graph.node[0].input):
        made.graph.node[0].input[index] = name.replace("none", "")
    return made


TWICE = {"s": np.float32([1, 1, 2, 3])}


@pytest.mark.parametrize(
    "attributes",
    [
        {"mode": "nearest"},
        {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        {"mode": "linear"},
        {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    ],
)
def test_what_an_upsample_computes_is_one_for_any_size(attributes, tmp_path):
    ours = agrees(resize(TWICE, **attributes), tmp_path, 2, 3, 5, 4)
    assert kinds(ours) == ["Upsample"]
    assert ours.output_shape((3, 5, 4)) == (3, 10, 12)


@pytest.mark.parametrize(
    "attributes",
    [
        {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
        {"mode": "nearest", "nearest_mode": "ceil"},
        {"mode": "cubic"},
        {"mode": "cubic", "cubic_coeff_a": -0.5, "exclude_outside": 1},
    ],
)
def test_what_it_does_not_is_done_by_matrices_that_stay(attributes, tmp_path):
    ours = agrees(resize(TWICE, shape=("N", 3, 5, 4), **attributes), tmp_path, 2, 3, 5, 4)
    assert kinds(ours) == ["Linear", "Permute", "Linear", "Permute"]
    assert set(ours.frozen()) == set(ours.parameters())
    got = refusal(resize(TWICE, **attributes), tmp_path)
    assert got.endswith("needs a fixed size, or nearest or linear as PyTorch computes them")


@pytest.mark.parametrize(("sizes", "settings"), [((7, 9), ["size"]), ((10, 8), ["scale_factor"])])
def test_sizes(sizes, settings, tmp_path):
    made = resize({"t": np.array([2, 3, *sizes])}, shape=(2, 3, 5, 4), mode="linear")
    ours = agrees(made, tmp_path, 2, 3, 5, 4)
    assert [name for name in ("size", "scale_factor") if getattr(ours[0], name)] == settings


def test_signals(tmp_path):
    made = resize({"s": np.float32([1, 1, 2])}, shape=("N", 3, "L"), mode="linear")
    assert agrees(made, tmp_path, 2, 3, 5)[0].mode == "linear"


@pytest.mark.parametrize("opset", [7, 9, 10])
def test_older_forms(opset, tmp_path):
    if opset == 10:
        made = model([node("Resize", "x s", "y", mode="nearest")], TWICE, opset=10)
    elif opset == 9:
        made = model([node("Upsample", "x s", "y", mode="nearest")], TWICE, opset=9)
    else:
        made = model([node("Upsample", "x", "y", mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])], opset=7)
    assert kinds(agrees(made, tmp_path)) == ["Upsample"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("CRD", ["PixelShuffle"]),
        ("DCR", ["Unflatten", "Permute", "Flatten", "PixelShuffle"]),
    ],
)
def test_depth_to_space(mode, expected, tmp_path):
    made = model([node("DepthToSpace", "x", "y", mode=mode, blocksize=2)], shape=("N", 8, "H", "W"))
    assert kinds(agrees(made, tmp_path, 2, 8, 3, 2)) == expected


@pytest.mark.parametrize(
    ("scales", "message"),
    [
        ([1, 2, 2, 2], "got a factor for batch or channels, needs 1 for both"),
        ([1, 1, 2], "got scales or sizes [1.0, 1.0, 2.0], needs one of them for each of 4 axes"),
        ([1, 1, 1e30, 1], "needs numbers from 0 to 1048576"),
        ([1, 1, 1e-3, 1], "got sizes [0, 4], needs sizes from 1 to 1048576"),
    ],
)
def test_factors_that_do_not_fit_are_told(scales, message, tmp_path):
    assert message in refusal(resize({"s": np.float32(scales)}, shape=("N", 3, 5, 4)), tmp_path)
