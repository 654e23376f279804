from collections import OrderedDict

import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.architecture import build


def small(**arguments):
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, dtype=np.float64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Sequential(nn.Flatten(), nn.Linear(8, 3, dtype=np.float64)),
        nn.Sigmoid(),
        **arguments,
    )


def test_gradients_agree_with_differences(check_gradients):
    check_gradients(small(seed=2), np.random.default_rng(0).normal(size=(3, 1, 6, 6)))


def test_forward_and_call_are_the_layers_one_after_the_other():
    model = small(seed=0)
    x = np.random.default_rng(0).normal(size=(3, 1, 6, 6))
    expected = x
    for layer in model:
        expected = layer(expected)
    assert np.array_equal(model(x), expected)
    assert np.array_equal(model.forward(x)[0], expected)


def test_names_are_pytorchs():
    assert list(small().parameters()) == ["0.weight", "0.bias", "3.1.weight", "3.1.bias"]
    assert list(small().state_dict()) == list(small().parameters())


def test_a_sequential_is_a_sequence():
    model = small(seed=0)
    assert len(model) == 5
    assert [type(layer).__name__ for layer in model] == [
        "Conv2d",
        "ReLU",
        "MaxPool2d",
        "Sequential",
        "Sigmoid",
    ]
    assert model[-1] is list(model)[4]
    with pytest.raises(IndexError):
        model[5]
    part = model[:3]
    assert isinstance(part, nn.Sequential)
    assert part[0] is model[0]
    assert part.output_shape((1, 6, 6)) == (2, 2, 2)


def test_an_empty_sequential_is_the_identity():
    x = np.ones((2, 3))
    y, backward = nn.Sequential().forward(x)
    assert np.array_equal(y, x)
    assert np.array_equal(backward(x)[0], x)
    assert backward(x, input_gradient=False) == (None, {})
    assert nn.Sequential().output_shape((3,)) == (3,)


def test_a_seed_fixes_all_layers_with_streams_of_their_own():
    a, b = small(seed=0).parameters(), small(seed=0).parameters()
    assert all(np.array_equal(a[name], b[name]) for name in a)
    same_layers = nn.Sequential(nn.Linear(3, 3, seed=5), nn.Linear(3, 3, seed=5), seed=0)
    assert not np.array_equal(same_layers[0].weight, same_layers[1].weight)


def test_without_a_seed_the_layers_keep_their_parameters():
    layer = nn.Linear(3, 2, seed=0)
    before = layer.state_dict()
    assert np.array_equal(nn.Sequential(layer)[0].weight, before["weight"])


class Recorder(nn.Layer):
    """Passes on, and notes which gradients it was asked for."""

    def __init__(self, weight=False):
        super().__init__()
        self.asked = []
        if weight:
            self._parameters["weight"] = np.ones(1)

    def forward(self, x, training=True):
        def backward(dy, input_gradient=True):
            self.asked.append(input_gradient)
            return (dy if input_gradient else None), {name: np.ones(1) for name in self._parameters}

        return x, backward


def test_no_layer_computes_an_input_gradient_that_nobody_needs():
    layers = [Recorder(), Recorder(weight=True), Recorder(), Recorder(weight=True), Recorder()]
    _, backward = nn.Sequential(*layers).forward(np.ones((1, 1)))
    dx, gradients = backward(np.ones((1, 1)), input_gradient=False)
    assert dx is None
    assert list(gradients) == ["1.weight", "3.weight"]
    assert [layer.asked for layer in layers] == [[], [False], [True], [True], [True]]
    assert backward(np.ones((1, 1)))[0] is not None
    assert [layer.asked[-1] for layer in layers] == [True] * 5


def test_a_container_inside_passes_the_question_on():
    first = Recorder(weight=True)
    _, backward = nn.Sequential(nn.Sequential(first), Recorder()).forward(np.ones((1, 1)))
    backward(np.ones((1, 1)), input_gradient=False)
    assert first.asked == [False]


@pytest.mark.parametrize("how", ["forward", "__call__", "predict"])
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 1, 8, 8), r"^in 3\.1 \(Linear\): got 18 features, needs 8; Linear\(18, 3\) would fit$"),
        ((2, 4, 6, 6), r"^in 0 \(Conv2d\): got 4 channels, needs 1; Conv2d\(4, 2, 3\) would fit$"),
        (
            (2, 1, 3, 3),
            r"^in 2 \(MaxPool2d\): got 1 x 1 pixels, needs at least 2 x 2; MaxPool2d\(1\) would fit$",
        ),
        ((2, 36), r"^in 0 \(Conv2d\): got shape \(36,\), needs \(1, height, width\)$"),
    ],
)
def test_a_wrong_shape_names_the_layer(how, shape, message):
    with pytest.raises(ValueError, match=message):
        getattr(small(), how)(np.zeros(shape))


def test_a_wrong_type_names_the_layer():
    with pytest.raises(TypeError, match=r"^in 0 \(Conv2d\): conv2d: weight: got float64, needs float32"):
        small()(np.zeros((2, 1, 6, 6), np.float32))
    with pytest.raises(TypeError, match=r"^in 0 \(Conv2d\): conv2d: input: got list, needs"):
        small()([[1.0]])


def test_an_error_without_a_misfit_of_shapes_keeps_its_message():
    class Broken(nn.Layer):
        def forward(self, x, training=True):
            raise ValueError("of its own")

    with pytest.raises(ValueError, match=r"^in 1 \(Broken\): of its own$"):
        nn.Sequential(nn.Identity(), Broken())(np.ones((1, 1)))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (nn.ReLU, "Sequential: argument 1: got the class ReLU, needs a layer"),
        ([nn.ReLU()], "Sequential: argument 1: got list, needs a layer"),
        (None, "Sequential: argument 1: got NoneType, needs a layer"),
    ],
)
def test_only_layers_go_in(layer, message):
    with pytest.raises(TypeError, match=message):
        nn.Sequential(nn.ReLU(), layer)


def test_a_layer_twice_has_its_parameters_once_and_its_gradients_add_up(check_gradients):
    layer = nn.Linear(3, 3, dtype=np.float64, seed=0)
    model = nn.Sequential(layer, nn.Sigmoid(), nn.Sequential(layer, nn.Sequential(layer)))
    assert list(model.parameters()) == ["0.weight", "0.bias"]
    assert list(model.state_dict())[2:] == ["2.0.weight", "2.0.bias", "2.1.0.weight", "2.1.0.bias"]
    check_gradients(model, np.random.default_rng(0).normal(size=(2, 3)))
    relu = nn.ReLU()
    assert len(nn.Sequential(relu, relu)) == 2


def test_named_layers_give_their_names_to_the_parameters():
    layers = OrderedDict(stem=nn.Linear(2, 3), act=nn.ReLU(), head=nn.Linear(3, 1))
    model = nn.Sequential(layers, seed=0)
    assert list(model.parameters()) == ["stem.weight", "stem.bias", "head.weight", "head.bias"]
    assert model.head is model[2]
    assert list(model[1:].parameters()) == ["head.weight", "head.bias"]
    assert build(model.describe()).describe() == model.describe()
    with pytest.raises(ValueError, match=r"^in head \(Linear\): got 4 features, needs 3"):
        nn.Sequential({"head": nn.Linear(3, 1)})(np.ones((1, 4), np.float32))
    with pytest.raises(AttributeError, match="Sequential: tail: there is no such attribute or layer"):
        model.tail  # noqa: B018
    with pytest.raises(ValueError, match=r"name: got 'a.b', needs a word without a dot"):
        nn.Sequential({"a.b": nn.ReLU()})


def test_below_the_first_trained_layer_nothing_runs_backwards():
    model = nn.Sequential(
        nn.Linear(2, 2, seed=0), nn.Sequential(nn.Linear(2, 2, seed=1)), nn.Linear(2, 1, seed=2)
    )
    x, dy = np.ones((3, 2), np.float32), np.ones((3, 1), np.float32)
    every = model.forward(x)[1](dy, input_gradient=False)[1]
    model.freeze("0", "1")
    found = model.forward(x)[1](dy, input_gradient=False)[1]
    assert list(found) == list(every)
    assert [name for name, gradient in found.items() if gradient is not None] == ["2.weight", "2.bias"]
    model[1][0].unfreeze("bias")
    found = model.forward(x)[1](dy, input_gradient=False)[1]
    assert np.array_equal(found["1.0.bias"], every["1.0.bias"])
    assert found["1.0.weight"] is None


def test_repr_shows_the_nesting():
    assert repr(nn.Sequential(nn.ReLU(), nn.Sequential(nn.Flatten()))) == (
        "Sequential(\n  (0): ReLU()\n  (1): Sequential(\n    (0): Flatten()\n  )\n)"
    )
    assert repr(nn.Sequential()) == "Sequential()"
