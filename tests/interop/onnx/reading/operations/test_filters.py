import pytest

from fastconv import nn
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal

CONVOLUTIONS = {
    "strides": {"strides": [2, 1], "pads": [1, 0, 2, 1]},
    "dilations": {"dilations": [2, 1]},
    "upper": {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    "lower": {"auto_pad": "SAME_LOWER"},
    "lower with strides": {"auto_pad": "SAME_LOWER", "strides": [3, 2]},
    "valid": {"auto_pad": "VALID"},
}


@pytest.mark.parametrize("attributes", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_conv(attributes, tmp_path):
    conv = node("Conv", "x w b", "y", **attributes)
    ours = agrees(model([conv], {"w": draw(4, 3, 3, 2), "b": draw(4)}, (1, 3, 9, 8)), tmp_path, 1, 3, 9, 8)
    assert kinds(ours) == ["Conv2d"]


def test_conv_of_signals_in_groups(tmp_path):
    conv = node("Conv", "x w", "y", group=2, pads=[1, 2], strides=[2])
    ours = agrees(model([conv], {"w": draw(6, 2, 3)}, ("N", 4, 9)), tmp_path, 2, 4, 9)
    assert (ours[0].groups, ours[0].padding, ours[0].bias) == (2, ((1, 2),), None)


def test_zeros_of_a_pad_are_the_padding_of_what_follows(tmp_path):
    pad = node("Pad", "x", "1", pads=[0, 0, 1, 2, 0, 0, 0, 1], mode="constant")
    conv = node("Conv", "1 w", "y", pads=[1, 0, 0, 0])
    ours = agrees(model([pad, conv], {"w": draw(2, 3, 3, 3)}, opset=9), tmp_path)
    assert kinds(ours) == ["Conv2d"]
    assert ours[0].padding == ((2, 0), (2, 1))


def test_a_pad_that_something_else_reads_stays_for_it(tmp_path):
    pad = node("Pad", "x", "1", pads=[0, 0, 1, 1, 0, 0, 1, 1])
    nodes = [pad, node("Conv", "1 w", "2", pads=[1, 1, 1, 1]), node("Add", "1 2", "y")]
    ours = agrees(model(nodes, {"w": draw(3, 3, 3, 3)}, opset=9), tmp_path)
    assert kinds(ours) == ["Residual"]
    assert (type(ours[0].body), type(ours[0].shortcut)) == (nn.Conv2d, nn.ZeroPad2d)


def test_a_constant_for_each_filter_is_the_bias(tmp_path):
    nodes = [node("Conv", "x w", "1"), node("Add", "1 b", "y")]
    ours = agrees(model(nodes, {"w": draw(2, 3, 1, 1), "b": draw(1, 2, 1, 1)}), tmp_path)
    assert kinds(ours) == ["Conv2d"]


TRANSPOSED = {
    "pads": {"strides": [2, 2], "pads": [1, 0, 0, 1], "output_padding": [1, 0]},
    "groups": {"group": 3},
    "dilations": {"dilations": [2, 1]},
    "upper": {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    "output shape": {"strides": [2, 2], "output_shape": [9, 9]},
    "larger output shape": {"strides": [3, 2], "output_shape": [14, 10]},
}


@pytest.mark.parametrize("attributes", TRANSPOSED.values(), ids=TRANSPOSED)
def test_conv_transpose(attributes, tmp_path):
    weight = draw(3, 2, 3, 3)
    conv = node("ConvTranspose", "x w", "y", **attributes)
    ours = agrees(model([conv], {"w": weight}, (1, 3, 4, 4)), tmp_path, 1, 3, 4, 4)
    assert kinds(ours) == ["ConvTranspose2d"]


def test_conv_transpose_of_signals(tmp_path):
    conv = node("ConvTranspose", "x w b", "y", strides=[2], pads=[1, 0], output_padding=[1])
    tensors = {"w": draw(3, 2, 3), "b": draw(2)}
    ours = agrees(model([conv], tensors, ("N", 3, 5)), tmp_path, 2, 3, 5)
    assert kinds(ours) == ["Unflatten", "ConvTranspose2d", "Flatten"]


def test_sizes_that_are_open_are_told(tmp_path):
    lower = node("Conv", "x w", "y", auto_pad="SAME_LOWER", strides=[2, 2])
    got = refusal(model([lower], {"w": draw(2, 3, 3, 3)}, ("N", 3, "H", "W")), tmp_path)
    needs = "a fixed size of the model's input, or SAME_UPPER"
    assert got == f"load: node 'the Conv of y' (Conv): got auto_pad SAME_LOWER with strides, needs {needs}"
    wanted = node("ConvTranspose", "x w", "y", output_shape=[9, 9])
    got = refusal(model([wanted], {"w": draw(3, 2, 3, 3)}, ("N", 3, "H", "W")), tmp_path)
    assert got.endswith("got an output_shape, needs one for each axis, and a fixed size of the input")


def test_weights_that_depend_on_the_input_are_told(tmp_path):
    got = refusal(model([node("Conv", "x x", "y")]), tmp_path)
    needs = "input 1 computed from the model's input, needs a constant"
    assert got == f"load: node 'the Conv of y' (Conv): got {needs}"


def test_the_kernel_may_be_trained(tmp_path):
    ours = agrees(model([node("Conv", "x w", "y")], {"w": draw(2, 3, 1, 1)}), tmp_path)
    assert isinstance(ours[0], nn.Conv2d)
    assert not ours.frozen()
