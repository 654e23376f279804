import numpy as np
import pytest

from fastconv.interop.onnx import load
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal, written

WINDOWS = {
    "plain": {"kernel_shape": [3, 2]},
    "strides": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 0, 1]},
    "ceil": {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    "upper": {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    "lower": {"kernel_shape": [2, 2], "auto_pad": "SAME_LOWER"},
}


@pytest.mark.parametrize("attributes", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_pools(op, attributes, tmp_path):
    pool = model([node(op, "x", "y", **attributes)], shape=("N", 3, 8, 9))
    ours = agrees(pool, tmp_path, 2, 3, 8, 9)
    assert kinds(ours) == [op.replace("Average", "Avg") + "2d"]


def test_averages_that_count_the_padding(tmp_path):
    pool = node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    ours = agrees(model([pool]), tmp_path)
    assert ours[0].count_include_pad


def test_maxima_of_pixels_that_lie_apart(tmp_path):
    pool = node("MaxPool", "x", "y", kernel_shape=[2, 2], dilations=[3, 2])
    assert agrees(model([pool]), tmp_path)[0].dilation == (3, 2)


def test_means_of_pixels_that_lie_apart_are_a_convolution_that_stays(tmp_path):
    pool = model([node("AveragePool", "x", "y", kernel_shape=[2, 3], dilations=[2, 1])])
    ours = agrees(pool, tmp_path)
    assert kinds(ours) == ["Conv2d"]
    assert ours.frozen() == ["0.weight"]


def test_pools_of_signals(tmp_path):
    nodes = [
        node("MaxPool", "x", "1", kernel_shape=[2]),
        node("AveragePool", "1", "2", kernel_shape=[3], strides=[2]),
        node("GlobalAveragePool", "2", "y"),
    ]
    ours = agrees(model(nodes, shape=("N", 3, 10)), tmp_path, 2, 3, 10)
    assert kinds(ours) == ["MaxPool1d", "AvgPool1d", "AdaptiveAvgPool1d"]


def test_zeros_of_a_pad_are_those_of_a_pool_where_it_makes_no_difference(tmp_path):
    pads = {"pads": [0, 0, 1, 1, 0, 0, 1, 1]}
    means = [node("Pad", "x", "1", **pads), node("AveragePool", "1", "y", kernel_shape=[3, 3])]
    assert kinds(agrees(model(means, opset=9), tmp_path)) == ["AvgPool2d"]
    maxima = [node("Pad", "x", "1", **pads), node("MaxPool", "1", "y", kernel_shape=[3, 3])]
    assert kinds(agrees(model(maxima, opset=9), tmp_path)) == ["ZeroPad2d", "MaxPool2d"]
    positive = [
        node("Relu", "x", "0"),
        node("Pad", "0", "1", **pads),
        node("MaxPool", "1", "y", kernel_shape=[3, 3]),
    ]
    assert kinds(agrees(model(positive, opset=9), tmp_path)) == ["ReLU", "MaxPool2d"]


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_zeros_that_fill_a_window_stay(op, tmp_path):
    pad = node("Pad", "0", "1", pads=[0, 0, 2, 2, 0, 0, 2, 2])
    nodes = [node("Relu", "x", "0"), pad, node(op, "1", "y", kernel_shape=[2, 2])]
    assert len(kinds(agrees(model(nodes, opset=9), tmp_path))) == 3


def test_a_padding_as_wide_as_the_window(tmp_path):
    pool = model([node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[3, 3], pads=[0, 0, 1, 2])])
    ours, x = load(written(pool, tmp_path)), draw(1, 3, 8, 8)
    assert kinds(ours) == ["ConstantPad2d", "MaxPool2d"]
    padded = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 2)), constant_values=-np.inf)
    expected = [[padded[..., i : i + 2, j : j + 2].max((2, 3)) for j in (0, 3, 6)] for i in (0, 3, 6)]
    np.testing.assert_array_equal(ours(x), np.moveaxis(expected, (0, 1), (2, 3)))


def test_global_maxima(tmp_path):
    assert kinds(agrees(model([node("GlobalMaxPool", "x", "y")]), tmp_path)) == ["AdaptiveMaxPool2d"]


def test_what_no_pool_computes_is_told(tmp_path):
    cube = node("MaxPool", "x", "y", kernel_shape=[2, 2, 2])
    got = refusal(model([cube], shape=(1, 1, 4, 4, 4)), tmp_path)
    assert (
        got
        == "load: node 'the MaxPool of y' (MaxPool): got kernel_shape [2, 2, 2], needs 1 or 2 spatial axes"
    )
    places = model([node("MaxPool", "x", "1 y", kernel_shape=[2, 2])])
    assert (
        refusal(places, tmp_path)
        == "load: 'y' is an output that no layer gives, needs the first alone of its node"
    )


def test_a_pool_of_open_size(tmp_path):
    nodes = [node("Conv", "x w", "1"), node("MaxPool", "1", "y", kernel_shape=[2, 2], ceil_mode=1)]
    agrees(model(nodes, {"w": draw(2, 3, 3, 3)}, ("N", 3, "H", "W")), tmp_path, 1, 3, 11, 6)
