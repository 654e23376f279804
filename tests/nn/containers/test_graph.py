import re

import numpy as np
import pytest

from fastconv import nn


def conv(channels, out, seed=0):
    return nn.Conv2d(channels, out, 3, padding=1, dtype=np.float64, seed=seed)


def diamond():
    """Two ways that share their first layer, a node that three read, and a join of three."""
    return nn.Graph(
        {
            "stem": (conv(2, 3), "input"),
            "act": (nn.ReLU(), "stem"),
            "left": (conv(3, 3, seed=1), "act"),
            "right": (nn.Sequential(nn.Sigmoid(), conv(3, 3, seed=2)), "act"),
            "sum": (nn.Add(), "left", "right", "act"),
            "rectified": (nn.ReLU(), "sum"),
            "all": (nn.Concatenate(), "rectified", "act", "input"),
        }
    )


def test_it_computes_what_its_names_say(x):
    model = diamond()
    layers = model.children()
    act = np.maximum(layers["stem"](x), 0)
    total = np.maximum(layers["left"](act) + layers["right"](act) + act, 0)
    np.testing.assert_allclose(model(x), np.concatenate([total, act, x], axis=1), rtol=1e-12, atol=1e-15)
    assert list(model.parameters())[:3] == ["stem.weight", "stem.bias", "left.weight"]


def test_gradients_agree_with_differences(x, check_gradients):
    check_gradients(diamond(), x[:1])


def test_the_other_containers_are_graphs(block, x, same_as):
    graph = nn.Graph(
        {"body": (block(), "input"), "sum": (nn.Add(), "body", "input"), "relu": (nn.ReLU(), "sum")}
    )
    same_as(graph, nn.Sequential(nn.Residual(block()), nn.ReLU()), x)


def test_it_is_saved_and_loaded(x, comes_back):
    assert comes_back(nn.Sequential(diamond(), nn.Flatten()), x)


def test_no_gradient_is_computed_that_nobody_needs(x):
    asked = []

    class Recorder(nn.Layer):
        def forward(self, x, training=True):
            def backward(dy, input_gradient=True):
                asked.append(input_gradient)
                return dy, {}

            return x, backward

    model = nn.Graph(
        {
            "a": (Recorder(), "input"),
            "b": (conv(2, 2), "a"),
            "c": (Recorder(), "b"),
            "sum": (nn.Add(), "c", "a"),
        }
    )
    y, backward = model.forward(x)
    every = backward(y)[1]
    assert asked == [True, True]
    found = backward(y, input_gradient=False)[1]
    assert asked == [True, True, True]
    assert all(np.array_equal(found[name], every[name]) for name in every)
    model.freeze()
    assert backward(y, input_gradient=False)[1] == {"b.weight": None, "b.bias": None}
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ({"a": (nn.ReLU(), "b")}, "nodes: got 'a' that reads 'b', needs one of input"),
        ({"a": nn.ReLU()}, "nodes: got ReLU() for 'a', needs (layer, name of what it reads, …)"),
        ({"a": (nn.ReLU(),)}, "needs (layer, name of what it reads, …)"),
        ({"a": (nn.ReLU, "input")}, "node 'a': got the class ReLU, needs a layer"),
        ({"a": (nn.ReLU(), "input"), "b": (nn.ReLU(), "input")}, "nodes: got 'a', which no node reads"),
        ({"a": (nn.ReLU(), "input", "input")}, "a ReLU, that reads 2, needs one name; nn.Add"),
        ({"input": (nn.ReLU(), "input")}, "name: got 'input', needs another name"),
        ({"a.b": (nn.ReLU(), "input")}, "name: got 'a.b', needs a word without a dot"),
        ({}, "nodes: got none, needs one at least"),
        ([], "nodes: got list, needs "),
    ],
)
def test_what_is_no_graph_is_told(nodes, message):
    with pytest.raises((TypeError, ValueError), match=rf"^Graph: .*{re.escape(message)}"):
        nn.Graph(nodes)


def test_errors_name_the_place_inside():
    with pytest.raises(ValueError, match=r"^in 0\.stem \(Conv2d\): got 3 channels, needs 2"):
        nn.Sequential(diamond())(np.zeros((1, 3, 6, 5)))
    model = nn.Graph({"half": (nn.MaxPool2d(2), "input"), "sum": (nn.Add(), "half", "input")})
    with pytest.raises(ValueError, match=r"^in sum \(Add\): got \(2, 3, 3\) and \(2, 6, 6\), needs inputs"):
        model(np.zeros((1, 2, 6, 6)))


def test_the_summary_and_the_nodes():
    model = diamond()
    summary = model.summary((2, 6, 5))
    assert [row.layer for row in summary.rows] == [
        *("stem Conv2d", "act ReLU", "left Conv2d", "right.0 Sigmoid", "right.1 Conv2d"),
        *("sum Add", "rectified ReLU", "all Concatenate"),
    ]
    assert summary.rows[-1].output_shape == (8, 6, 5)
    inputs = {node.name: node.inputs for node in nn.Sequential(nn.Identity(), model).nodes()}
    assert inputs["1.stem"] == ("0",)
    assert inputs["1.sum"] == ("1.left", "1.right.1", "1.act")


def test_a_seed_draws_all_layers():
    def made(seed):
        return nn.Graph({"a": (nn.Linear(2, 2), "input"), "b": (nn.Linear(2, 2), "a")}, seed=seed)

    assert np.array_equal(made(0).parameters()["b.weight"], made(0).parameters()["b.weight"])
    assert not np.array_equal(made(0).parameters()["b.weight"], made(1).parameters()["b.weight"])
