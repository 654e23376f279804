import numpy as np
import pytest

from tests.interop.onnx.models import agrees, kinds, model, node, refusal


@pytest.mark.parametrize("opset", [11, 18])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_means(opset, keepdims, tmp_path):
    axes = {"axes": [2, -1]} if opset < 18 else {}
    reduce = node("ReduceMean", "x" if axes else "x a", "y", keepdims=keepdims, **axes)
    made = model([reduce], {} if axes else {"a": np.array([2, -1])}, ("N", 3, "H", "W"), opset)
    assert kinds(agrees(made, tmp_path)) == ["Mean"]


def test_sums_are_means_times_their_elements(tmp_path):
    made = model([node("ReduceSum", "x a", "y", keepdims=0)], {"a": np.array([1, 3])})
    ours = agrees(made, tmp_path)
    assert kinds(ours) == ["Mean", "Affine"]
    assert float(ours[1].weight) == 24


@pytest.mark.parametrize("keepdims", [0, 1])
def test_maxima_of_images(keepdims, tmp_path):
    made = model([node("ReduceMax", "x a", "y", keepdims=keepdims)], {"a": np.array([2, 3])})
    assert kinds(agrees(made, tmp_path))[0] == "AdaptiveMaxPool2d"


def test_what_is_not_reduced_here_is_told(tmp_path):
    everything = model([node("ReduceMean", "x", "y")])
    assert refusal(everything, tmp_path).endswith("got axis 0, the batch's, needs an axis of a sample")
    channels = model([node("ReduceMax", "x a", "y")], {"a": np.array([1])})
    assert refusal(channels, tmp_path).endswith(
        "got a maximum over axes [1], needs both axes of images, 2 and 3"
    )
    size = model([node("ReduceSum", "x a", "y")], {"a": np.array([3])}, ("N", 3, "H", "W"))
    assert refusal(size, tmp_path).endswith("known sizes; ReduceMean would fit")


def test_nothing_to_reduce(tmp_path):
    assert kinds(agrees(model([node("ReduceMean", "x", "y", noop_with_empty_axes=1)]), tmp_path)) == [
        "Identity"
    ]
