import pytest

from fastconv import nn
from fastconv.interop.onnx.reading.call import Made
from fastconv.interop.onnx.reading.structure import DEEPEST, model_of
from fastconv.interop.onnx.reading.values import Data

SHAPES = ((2, 4), (3, 4))


def layers(**nodes):
    """By name, a layer and the names that it reads."""
    return {
        name: Made(layer, tuple(Data(source, SHAPES) for source in sources.split()))
        for name, (layer, sources) in nodes.items()
    }


def test_layers_that_the_output_does_not_need_are_left_out():
    made = layers(a=(nn.ReLU(), "input"), b=(nn.Tanh(), "input"), c=(nn.Sigmoid(), "a"))
    assert [type(layer) for layer in model_of(made, "c")] == [nn.ReLU, nn.Sigmoid]
    assert isinstance(model_of({}, "input")[0], nn.Identity)


def test_blocks_inside_blocks():
    made = layers(
        a=(nn.ReLU(), "input"),
        b=(nn.Tanh(), "a"),
        c=(nn.Add(), "b a"),
        d=(nn.Sigmoid(), "c"),
        e=(nn.Concatenate(), "d a"),
    )
    (relu, concat) = model_of(made, "e")
    assert isinstance(relu, nn.ReLU)
    assert [type(layer) for layer in concat.branches[0]] == [nn.Residual, nn.Sigmoid]
    assert isinstance(concat.branches[1], nn.Identity)


def test_two_ways_of_a_sum():
    made = layers(
        a=(nn.Linear(4, 4), "input"), b=(nn.ReLU(), "a"), c=(nn.Tanh(), "input"), d=(nn.Add(), "c b")
    )
    (block,) = model_of(made, "d")
    assert [type(layer) for layer in block.body] == [nn.Linear, nn.ReLU]
    assert isinstance(block.shortcut, nn.Tanh)


def test_a_sum_of_unknown_shapes_is_no_block():
    made = {
        "a": Made(nn.ReLU(), (Data("input", None),)),
        "b": Made(nn.Add(), (Data("a", None), Data("input", None))),
    }
    assert isinstance(model_of(made, "b"), nn.Graph)


@pytest.mark.parametrize("join", [nn.Add(), nn.Multiply()])
def test_what_is_read_elsewhere_is_no_block(join):
    made = layers(a=(nn.ReLU(), "input"), b=(nn.Tanh(), "a"), c=(join, "b a"), d=(nn.Add(), "c b"))
    graph = model_of(made, "d")
    assert isinstance(graph, nn.Graph)
    assert [*graph.reads()] == ["a", "b", "c", "d"]


def test_many_blocks_one_after_the_other_and_few_in_each_other():
    chain, nested = {}, {"a0": (nn.ReLU(), "input")}
    source = "input"
    for index in range(50):
        chain |= {f"a{index}": (nn.Tanh(), source), f"b{index}": (nn.Add(), f"a{index} {source}")}
        source = f"b{index}"
    assert len(model_of(layers(**chain), source)) == 50
    for index in range(DEEPEST + 3):
        nested[f"a{index + 1}"] = nn.Add(), f"a{index} input"
    last = f"a{DEEPEST + 3}"
    assert isinstance(model_of(layers(**nested), last), nn.Graph)
