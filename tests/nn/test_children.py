"""Layers that are attributes of a user's layer belong to it."""

import copy
import pickle

import numpy as np
import pytest

import fastconv
from fastconv import nn, optim
from fastconv.training.trainer import Trainer


class Block(nn.Layer):
    """x + body(x), with a dropout of its own."""

    def __init__(self, features=3, dtype=np.float32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(features, features, dtype=dtype), nn.ReLU(), nn.Dropout(0.5))

    def forward(self, x, training=True):
        y, body = self.body.forward(x, training)

        def backward(dy, input_gradient=True):
            dx, gradients = body(dy, input_gradient)
            return (dx + dy if input_gradient else None), nn.prefixed("body", gradients)

        return y + x, backward

    def multiply_adds(self, input_shape):
        return self.body.multiply_adds(input_shape)


def model(**arguments):
    return nn.Sequential(Block(), nn.Linear(3, 2), **arguments)


def test_their_parameters_and_generators_have_the_names_of_their_attributes():
    assert list(model().parameters()) == ["0.body.0.weight", "0.body.0.bias", "1.weight", "1.bias"]
    assert list(model().state_dict()) == list(model().parameters())
    assert list(model().generators()) == ["0.body.2.rng"]
    assert list(Block().children()) == ["body"]


def test_gradients_agree_with_differences(check_gradients):
    block = Block(dtype=np.float64)
    block.body[2].p = 0
    check_gradients(block, np.random.default_rng(0).normal(size=(4, 3)))


def test_they_are_trained():
    subject = model(seed=0)
    before = subject.state_dict()
    x, y = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32), np.arange(8) % 2
    Trainer(subject, nn.CrossEntropyLoss(), optim.SGD(subject.parameters(), lr=0.1)).step(x, y)
    assert all(not np.array_equal(array, before[name]) for name, array in subject.parameters().items())


def test_a_seed_draws_all_of_them():
    a, b, other = model(seed=0), model(seed=0), model(seed=1)
    for name, array in a.parameters().items():
        assert np.array_equal(array, b.parameters()[name])
        assert not np.array_equal(array, other.parameters()[name])
    assert a.generators()["0.body.2.rng"].random() == b.generators()["0.body.2.rng"].random()


def test_a_state_dict_is_loaded_into_them():
    a, b = model(seed=0), model(seed=1)
    b.load_state_dict(a.state_dict())
    assert np.array_equal(b[0].body[0].weight, a[0].body[0].weight)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_parts_of_its_own(again):
    a = model(seed=0)
    b = again(a)
    assert list(b.parameters()) == list(a.parameters())
    b[0].body[0].weight[...] = 0
    assert a[0].body[0].weight.any()


def test_the_summary_counts_them():
    summary = model().summary((3,))
    assert [(row.layer, row.parameters, row.multiply_adds) for row in summary.rows] == [
        ("0 Block", 12, 9),
        ("1 Linear", 8, 6),
    ]


def test_the_summary_counts_what_parameters_gives():
    class Mine(nn.Layer):
        def parameters(self):
            return {"scale": np.ones(5)}

    assert nn.Sequential(Mine()).summary((2,)).parameters == 5


def test_repr_shows_them_below_the_arguments():
    class Named(Block):
        def config(self):
            return {"features": 3, "label": "a"}

    assert repr(Named()).splitlines() == [
        "Named(",
        "  label='a'",
        "  (body): Sequential(",
        "    (0): Linear(in_features=3, out_features=3)",
        "    (1): ReLU()",
        "    (2): Dropout()",
        "  )",
        ")",
    ]


def test_explain_checks_the_gradients_of_a_layer_with_parts():
    subject = nn.Sequential(Block(dtype=np.float64), nn.Linear(3, 1, dtype=np.float64), seed=0)
    x = np.random.default_rng(0).normal(size=(2, 3))
    steps = fastconv.explain(subject, nn.MSELoss(), x, np.zeros((2, 1))).steps
    checks = [step.check for step in steps if step.check is not None]
    assert checks
    assert {check.verdict for check in checks} == {"ok"}
    assert any("body_0_weight" in step.line.left for step in steps)


def test_a_model_with_them_cannot_be_saved(tmp_path):
    with pytest.raises(
        ValueError,
        match=r"save: model: got Block, needs .*; fastconv.register\(Block\) would",
    ):
        model().save(tmp_path / "model.safetensors")


def test_a_sequence_of_ones_own_may_have_more_of_them():
    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(2, 2))
            self.head = nn.Linear(2, 1)

        def forward(self, x, training=True):
            y, body = super().forward(x, training)
            z, head = self.head.forward(y, training)

            def backward(dz, input_gradient=True):
                dy, of_head = head(dz)
                dx, of_body = body(dy, input_gradient)
                return dx, of_body | nn.prefixed("head", of_head)

            return z, backward

    net = Net()
    gradients = net.forward(np.ones((1, 2), np.float32))[1](np.ones((1, 1), np.float32))[1]
    assert list(net.parameters()) == ["0.weight", "0.bias", "head.weight", "head.bias"]
    assert list(gradients) == list(net.parameters())


def test_an_attribute_that_is_replaced_leaves_no_trace():
    block = Block()
    block.body = nn.Linear(3, 3)
    assert list(block.parameters()) == ["body.weight", "body.bias"]


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [nn.Linear(2, 2)],
        lambda: (nn.ReLU(),),
        lambda: {"a": nn.ReLU()},
        lambda: [[nn.ReLU()]],
        lambda: {nn.ReLU()},
    ],
)
def test_a_collection_of_layers_would_not_be_found(layers):
    class Mine(nn.Layer):
        def __init__(self, inside):
            super().__init__()
            self.inside = inside

    kind = type(layers()).__name__
    with pytest.raises(
        TypeError, match=rf"^Mine: inside: got a {kind} of layers, needs a layer; nn.Sequential\(\*layers\)"
    ):
        Mine(layers())
    with pytest.raises(TypeError, match="Mine: inside: got a"):
        Mine([1]).inside = layers()


def test_a_list_that_the_constructor_fills_would_not_be_found_either():
    class Mine(nn.Layer):
        def __init__(self):
            super().__init__()
            self.inside = []
            self.inside.append(nn.Linear(2, 2))

    with pytest.raises(TypeError, match=r"^Mine: inside: got a list of layers, needs a layer"):
        Mine()


def test_one_layer_under_two_names_has_its_gradients_added_up(check_gradients):
    class Twice(nn.Layer):
        def __init__(self, layer):
            super().__init__()
            self.a = layer
            self.b = nn.Sequential(nn.Sigmoid(), layer)

        def forward(self, x, training=True):
            y, a = self.a.forward(x, training)
            z, b = self.b.forward(y, training)

            def backward(dz, input_gradient=True):
                dy, of_b = b(dz)
                dx, of_a = a(dy, input_gradient)
                return dx, nn.prefixed("a", of_a) | nn.prefixed("b", of_b)

            return z, backward

    model = Twice(nn.Linear(2, 2, dtype=np.float64, seed=0))
    assert list(model.parameters()) == ["a.weight", "a.bias"]
    check_gradients(model, np.random.default_rng(0).normal(size=(3, 2)))


@pytest.mark.parametrize("base", [nn.Layer, nn.Linear, nn.Sequential, nn.MaxPool2d], ids=lambda k: k.__name__)
@pytest.mark.parametrize(
    "fill",
    [
        lambda layer: None,
        lambda layer: setattr(layer, "body", nn.Linear(2, 2)),
        lambda layer: layer._parameters.update(w=np.ones(1)),
    ],
    ids=["nothing", "a layer", "a parameter"],
)
def test_a_constructor_that_forgets_the_base_is_told(base, fill):
    class Mine(base):
        def __init__(self):
            fill(self)

    with pytest.raises(TypeError, match=r"^Mine: __init__ did not call super\(\).__init__\(\) first$"):
        Mine()


def test_parameters_are_arrays():
    class Mine(nn.Layer):
        def __init__(self):
            super().__init__()
            self._parameters["scale"] = 2.0

    with pytest.raises(TypeError, match=r"^Mine: _parameters: got float for scale, needs arrays$"):
        Mine()


def test_a_method_keeps_its_name():
    class Mine(nn.Layer):
        def __init__(self):
            super().__init__()
            self.parameters = {}

    with pytest.raises(
        TypeError, match=r"^Mine: parameters: got dict, needs to stay what it is in every layer"
    ):
        Mine()


def test_prefixed_puts_a_name_in_front():
    assert nn.prefixed("body", {"0.weight": 1, "bias": 2}) == {"body.0.weight": 1, "body.bias": 2}


def test_a_layer_is_not_inside_itself():
    outer, inner = Block(), Block()
    outer.inner = inner
    with pytest.raises(ValueError, match=r"^Block: outer: got a layer that holds this one"):
        inner.outer = outer
    with pytest.raises(ValueError, match=r"^Block: me: got a layer that holds this one"):
        outer.me = outer
