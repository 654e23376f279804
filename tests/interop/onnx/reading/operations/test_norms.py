import numpy as np
import pytest

from fastconv.interop.onnx import load
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal, written


def norm(channels):
    return {"s": draw(channels) + 2, "b": draw(channels), "m": draw(channels), "v": draw(channels) ** 2 + 0.5}


@pytest.mark.parametrize(
    ("shape", "kind"), [((3,), "BatchNorm1d"), ((3, 5), "BatchNorm1d"), ((3, 4, 5), "BatchNorm2d")]
)
def test_batch_norm_keeps_its_statistics(shape, kind, tmp_path):
    tensors = norm(3)
    nodes = [node("BatchNormalization", "x s b m v", "y", epsilon=0.01, momentum=0.8)]
    ours = agrees(model(nodes, tensors, ("N", *shape)), tmp_path, 4, *shape)
    assert kinds(ours) == [kind]
    assert (ours[0].momentum, ours[0].eps) == (0.2, pytest.approx(0.01))
    np.testing.assert_array_equal(ours[0].running_var, tensors["v"])


def test_batch_norm_in_training_mode_is_the_layer(tmp_path):
    nodes = [node("BatchNormalization", "x s b m v", "y mean var", training_mode=1)]
    ours = load(written(model(nodes, norm(3), opset=15), tmp_path))
    x = draw(4, 3, 8, 8)
    y, _ = ours.forward(x, training=True)
    scale, bias = ours[0].weight[:, None, None], ours[0].bias[:, None, None]
    z = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, z * scale + bias, rtol=1e-4, atol=1e-4)


def test_statistics_of_each_pixel_are_refused(tmp_path):
    nodes = [node("BatchNormalization", "x s b m v", "y", spatial=0)]
    got = refusal(model(nodes, norm(3), opset=7), tmp_path)
    assert got.endswith("got spatial=0, statistics of each pixel, needs those of each channel")


def test_instance_norm(tmp_path):
    tensors = {"s": draw(3), "b": draw(3)}
    nodes = [node("InstanceNormalization", "x s b", "y")]
    assert kinds(agrees(model(nodes, tensors), tmp_path)) == ["InstanceNorm2d"]
    assert kinds(agrees(model(nodes, tensors, ("N", 3, 7)), tmp_path, 2, 3, 7)) == ["GroupNorm"]


@pytest.mark.parametrize(("opset", "count"), [(18, 2), (21, 4)])
def test_group_norm_has_a_factor_for_each_group_and_later_for_each_channel(opset, count, tmp_path):
    tensors = {"s": draw(count), "b": draw(count)}
    nodes = [node("GroupNormalization", "x s b", "y", num_groups=2)]
    ours = agrees(model(nodes, tensors, ("N", 4, 5, 5), opset), tmp_path, 2, 4, 5, 5)
    assert (ours[0].num_groups, ours[0].num_channels) == (2, 4)


def test_layer_norm(tmp_path):
    tensors = {"s": draw(4, 5), "b": draw(4, 5)}
    nodes = [node("LayerNormalization", "x s b", "y", axis=2)]
    assert kinds(agrees(model(nodes, tensors, ("N", 3, 4, 5)), tmp_path, 2, 3, 4, 5)) == ["LayerNorm"]


def test_layer_norm_of_open_size_is_refused(tmp_path):
    nodes = [node("LayerNormalization", "x s", "y", axis=2)]
    got = refusal(model(nodes, {"s": draw(5)}, ("N", 3, "H", 5)), tmp_path)
    assert got.endswith("got data of sizes (None, 5), needs known ones; a file with a fixed size would fit")


def test_response_norm(tmp_path):
    nodes = [node("LRN", "x", "y", size=3, alpha=0.1, beta=0.6, bias=2.0)]
    assert kinds(agrees(model(nodes), tmp_path)) == ["LocalResponseNorm"]
    even = model([node("LRN", "x", "y", size=2)])
    assert refusal(even, tmp_path).endswith("needs an odd one, the same number of channels on both sides")
