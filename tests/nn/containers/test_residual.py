import re

import numpy as np
import pytest

from fastconv import nn


def test_it_adds_its_input(block, x):
    body = block()
    np.testing.assert_allclose(nn.Residual(body)(x), body(x) + x, rtol=1e-15)


@pytest.mark.parametrize("relu", [False, True])
def test_gradients_agree_with_differences(block, x, check_gradients, relu):
    shortcut = nn.Conv2d(2, 4, 1, 2, dtype=np.float64, seed=3)
    model = nn.Sequential(nn.Residual(block(out=4, stride=2), shortcut), *[nn.ReLU()] * relu)
    assert list(model.parameters())[-2:] == ["0.shortcut.weight", "0.shortcut.bias"]
    check_gradients(model, x[:1])


def test_it_is_saved_and_loaded(block, x, comes_back):
    inner = nn.Residual(block(), nn.Sequential(nn.Identity()))
    assert comes_back(nn.Sequential(nn.Residual(nn.Sequential(inner)), nn.Flatten()), x)


def test_both_ways_need_one_shape(block):
    with pytest.raises(
        ValueError,
        match=re.escape(
            "Residual: the body gives (4, 6, 5) and the input (2, 6, 5), needs one shape; "
            "shortcut=nn.Conv2d(2, 4, 1) would fit"
        ),
    ):
        nn.Residual(block(out=4)).output_shape((2, 6, 5))
    model = nn.Sequential(nn.ReLU(), nn.Residual(block(stride=2), nn.Identity()))
    with pytest.raises(ValueError, match=r"^in 1 \(Residual\): the body gives \(2, 3, 3\) and the shortcut"):
        model(np.zeros((1, 2, 6, 5)))


def test_both_ways_need_one_shape_of_an_image_without_a_batch(block):
    model = nn.Sequential(nn.Residual(block(out=4)))
    for x in (np.zeros((2, 6, 5)), np.zeros((1, 2, 6, 5))):
        with pytest.raises(ValueError, match=r"^in 0 \(Residual\): the body gives \(4, 6, 5\) and"):
            model(x)


def test_errors_name_the_place_inside(block):
    model = nn.Sequential(nn.Identity(), nn.Residual(block()))
    with pytest.raises(ValueError, match=r"^in 1\.body\.0 \(Conv2d\): got 3 channels, needs 2"):
        model(np.zeros((1, 3, 6, 5)))
    with pytest.raises(ValueError, match=r"^in 1\.body\.0 \(Conv2d\): got 3 channels, needs 2"):
        model.summary((3, 6, 5))


def test_the_summary_has_a_line_for_each_layer_and_the_sum(block):
    model = nn.Sequential(nn.Residual(block(out=4, stride=2), nn.Conv2d(2, 4, 1, 2)))
    summary = model.summary((2, 6, 4))
    assert [row.layer for row in summary.rows] == [
        *("0.body.0 Conv2d", "0.body.1 ReLU", "0.body.2 Conv2d", "0.shortcut Conv2d", "0 Residual")
    ]
    assert summary.rows[-1].output_shape == (4, 3, 2)
    assert summary.parameters == sum(array.size for array in model.parameters().values())
    assert summary.multiply_adds == 6 * (3 * 18 + 4 * 27 + 4 * 2)


def test_no_gradient_is_computed_that_nobody_needs(block, x):
    model = nn.Residual(block(), nn.Conv2d(2, 2, 1, dtype=np.float64, seed=5))
    y, backward = model.forward(x)
    dx, gradients = backward(y, input_gradient=False)
    assert dx is None
    assert all(np.array_equal(gradients[name], g) for name, g in backward(y)[1].items())


def test_body_and_shortcut_are_layers(block):
    with pytest.raises(TypeError, match=r"^Residual: body: got the class ReLU, needs a layer"):
        nn.Residual(nn.ReLU)
    with pytest.raises(TypeError, match=r"^Residual: shortcut: got int, needs a layer"):
        nn.Residual(block(), 3)


def test_its_nodes_are_those_of_both_ways_and_the_sum(block):
    nodes = nn.Sequential(nn.ReLU(), nn.Residual(block())).nodes()
    assert [(node.name, type(node.layer).__name__, node.inputs) for node in nodes] == [
        ("0", "ReLU", ("input",)),
        ("1.body.0", "Conv2d", ("0",)),
        ("1.body.1", "ReLU", ("1.body.0",)),
        ("1.body.2", "Conv2d", ("1.body.1",)),
        ("1", "Add", ("1.body.2", "0")),
    ]
