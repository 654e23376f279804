import numpy as np
import pytest

from fastconv import nn


def test_outputs_stand_one_after_the_other(block, x):
    model = nn.Concat(block(), nn.Identity(), block(out=3))
    assert np.array_equal(model(x), np.concatenate([block()(x), x, block(out=3)(x)], axis=1))
    assert list(model.parameters())[:2] == ["branches.0.0.weight", "branches.0.0.bias"]
    assert model.branches[0] is model.children()["branches.0"]
    assert model.output_shape((2, 6, 5)) == (7, 6, 5)


def test_gradients_agree_with_differences(block, x, check_gradients):
    check_gradients(nn.Concat(block(), nn.Identity(), block(out=1)), x[:1])


@pytest.mark.parametrize("dim", [2, 3, -1, -2])
def test_along_another_axis(block, x, check_gradients, dim):
    model = nn.Concat(nn.Identity(), nn.Sigmoid(), dim=dim)
    check_gradients(model, x)
    assert model(x).shape[1:] == model.output_shape(x.shape[1:])


def test_it_is_saved_and_loaded(block, x, comes_back):
    assert comes_back(nn.Sequential(nn.Concat(block(), nn.Concat(nn.Identity()), dim=-3)), x)


def test_shapes_differ_along_the_axis_alone(block):
    model = nn.Sequential(nn.Concat(nn.Identity(), nn.MaxPool2d(2)))
    message = (
        r"^in 0 \(Concat\): got \(2, 6, 5\) and \(2, 3, 2\), needs shapes that differ along dim=1 alone$"
    )
    with pytest.raises(ValueError, match=message):
        model(np.zeros((1, 2, 6, 5)))
    with pytest.raises(ValueError, match=message):
        model.output_shape((2, 6, 5))


@pytest.mark.parametrize("dim", [4, -4])
def test_the_axis_is_one_of_a_sample(dim):
    model = nn.Concat(nn.ReLU(), dim=dim)
    message = rf"dim: got {dim}, needs an axis of \(2, 6, 5\): 1 to 3"
    with pytest.raises(ValueError, match=f"^Concat: {message}"):
        model.output_shape((2, 6, 5))
    with pytest.raises(ValueError, match="dim: got"):
        model(np.zeros((1, 2, 6, 5)))
    with pytest.raises(ValueError, match=r"^Concat: dim: got 0, needs an axis of a sample: from 1 up"):
        nn.Concat(nn.ReLU(), dim=0)


def test_errors_name_the_place_inside(block):
    model = nn.Sequential(nn.Concat(nn.Identity(), block()))
    with pytest.raises(ValueError, match=r"^in 0\.branches\.1\.0 \(Conv2d\): got 3 channels, needs 2"):
        model(np.zeros((1, 3, 6, 5)))


def test_branches_are_layers_one_at_least():
    with pytest.raises(TypeError, match=r"^Concat: branch 1: got int, needs a layer"):
        nn.Concat(nn.ReLU(), 3)
    with pytest.raises(ValueError, match=r"^Concat: branches: got none, needs one at least"):
        nn.Concat()


def test_the_summary_and_the_nodes(block):
    model = nn.Sequential(nn.Concat(nn.Conv2d(2, 3, 1), nn.Sequential()))
    assert [(row.layer, row.output_shape) for row in model.summary((2, 4, 4)).rows] == [
        ("0.branches.0 Conv2d", (3, 4, 4)),
        ("0 Concat", (5, 4, 4)),
    ]
    assert [(node.name, node.inputs) for node in model.nodes()] == [
        ("0.branches.0", ("input",)),
        ("0", ("0.branches.0", "input")),
    ]
