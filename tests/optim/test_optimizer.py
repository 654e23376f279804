import math

import numpy as np
import pytest

from fastconv import nn, optim
from tests.optim.rules import one, stepped


def test_parameters_change_in_place_and_keep_their_dtype(each_backend):
    layer = nn.Linear(2, 2, seed=0)
    array, before = layer.weight, layer.weight.copy()
    for kind in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop):
        kind(layer.parameters(), lr=0.1).step({n: np.ones_like(a) for n, a in layer.parameters().items()})
    assert layer.weight is array
    assert array.dtype == np.float32
    assert not np.array_equal(array, before)


def test_an_optimizer_of_a_part_trains_that_part():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1), seed=0)
    before = model.state_dict()
    optimizer = optim.SGD({n: a for n, a in model.parameters().items() if n.startswith("1.")}, lr=1.0)
    optimizer.step({name: np.ones_like(array) for name, array in model.parameters().items()})
    assert np.array_equal(model[0].weight, before["0.weight"])
    assert np.array_equal(model[1].weight, before["1.weight"] - 1)


def test_the_learning_rate_can_change_between_steps():
    optimizer = optim.SGD(one(), lr=1.0)
    optimizer.lr = 0.25
    assert stepped(optimizer, 2.0) == 0.5


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, lr=0.1),
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.3),
        lambda p: optim.Adam(p, lr=0.1),
        lambda p: optim.AdamW(p, lr=0.1),
        lambda p: optim.RMSprop(p, lr=0.1),
        lambda p: optim.RMSprop(p, lr=0.1, momentum=0.9, centered=True),
    ],
    ids=["SGD", "momentum", "Adam", "AdamW", "RMSprop", "centered"],
)
@pytest.mark.parametrize("before", [0, 2])
def test_state_dict_carries_an_optimizer_over(make, before):
    a, b = make(one()), make(one())
    b.lr = 7.0
    stepped(a, *[3.0] * before)
    state = a.state_dict()
    b.load_state_dict(state)
    b.parameters["p"][...] = a.parameters["p"]
    assert b.steps == before
    assert repr(b) == repr(a)
    # The copy is independent of the optimizer that it came from.
    assert stepped(a, 2.0, 5.0) == stepped(b, 2.0, 5.0)


def group_of(state, **changes):
    """The state with changes in its only group; None takes a setting out."""
    (group,) = state["param_groups"]
    changed = {k: v for k, v in {**group, **changes}.items() if v is not None}
    return {**state, "param_groups": [changed]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": None}, "Adam: state: got"),
        ({"steps": 9}, "Adam: state: steps: got int, needs a number for each of"),
        ({"steps": {"q": 9}}, "Adam: state: steps: got"),
        ({"steps": {"p": -1}}, "Adam: state: steps: got -1"),
        ({"means": None}, r"Adam: state: means: got shapes {}, needs {'p': \(2,\)}"),
        ({"velocities": {"p": np.zeros(2)}}, "Adam: state: got"),
        ({"squares": {"p": np.zeros(3)}}, r"Adam: state: squares: got shapes .*\(3,\).*, needs .*\(2,\)"),
        ({"means": {"q": np.zeros(2)}}, "Adam: state: means: got shapes"),
        ({"param_groups": []}, "Adam: state: param_groups: got 0 groups, needs 1"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    optimizer = optim.Adam(one(), lr=0.5)
    stepped(optimizer, 1.0)
    saved = group_of(optimizer.state_dict(), lr=0.25) | {"steps": {"p": 9}}
    state = {k: v for k, v in {**saved, **change}.items() if v is not None}
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    assert (optimizer.steps, optimizer.lr) == (1, 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": None}, r"Adam: state: param_groups\[0\]: got \['betas', 'eps', 'params', 'weight_decay'\]"),
        ({"momentum": 0.5}, r"Adam: state: param_groups\[0\]: got"),
        ({"params": ["q"]}, r"Adam: state: param_groups\[0\]: got params \['q'\], needs \['p'\]"),
        ({"lr": -1}, r"Adam: state: param_groups\[0\]: lr: got -1"),
    ],
)
def test_a_group_of_a_state_that_does_not_fit_changes_nothing(change, message):
    optimizer = optim.Adam(one(), lr=0.5)
    stepped(optimizer, 1.0)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(group_of(optimizer.state_dict() | {"steps": {"p": 9}}, **change))
    assert (optimizer.steps, optimizer.lr) == (1, 0.5)


@pytest.mark.parametrize("before", [0, 2])
def test_a_state_of_an_older_version_is_taken_over(before):
    """It has one group, whose settings stand beside the buffers, and one number of steps."""
    new = optim.Adam(one(), lr=0.1)
    stepped(new, *[3.0] * before)
    state = new.state_dict()
    (settings,) = state.pop("param_groups")
    del settings["params"]
    old = optim.Adam(one(), lr=7.0)
    old.load_state_dict({**settings, **state, "steps": before})
    old.parameters["p"][...] = new.parameters["p"]
    assert old.steps == before
    assert stepped(old, 2.0, 5.0) == stepped(new, 2.0, 5.0)
    for wrong in ({**settings, **state, "steps": -1}, {**settings, **state, "steps": 1, "lr": None}, {}):
        with pytest.raises((TypeError, ValueError), match=r"^Adam: state: "):
            old.load_state_dict(wrong)


def test_a_model_in_place_of_its_parameters_is_told():
    with pytest.raises(
        TypeError, match=r"SGD: params: got Linear, needs a dict; model.parameters\(\) would fit"
    ):
        optim.SGD(nn.Linear(2, 2), lr=0.1)


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ({}, "SGD: gradients: got none for p, needs one for each parameter"),
        (
            {"p": np.zeros(3)},
            r"SGD: gradient of p: got float64 of shape \(3,\), needs float64 of shape \(2,\)",
        ),
        ({"p": np.zeros(2, np.float32)}, r"SGD: gradient of p: got float32 of shape \(2,\), needs float64"),
        ({"p": [0.0, 0.0]}, r"SGD: gradient of p: got list, needs"),
    ],
)
def test_gradients_are_checked_before_anything_changes(gradients, message):
    optimizer = optim.SGD(one(), lr=0.1)
    with pytest.raises(ValueError, match=message):
        optimizer.step(gradients)
    assert optimizer.parameters["p"].tolist() == [1.0, 2.0]
    assert optimizer.steps == 0


def test_one_array_under_two_names_is_refused():
    p = np.ones(3)
    with pytest.raises(ValueError, match="SGD: params: got one array as a and b, needs each once"):
        optim.SGD({"a": p, "b": p}, lr=0.1)


def test_parameters_that_cannot_be_written_are_refused():
    """An update writes through the array's memory: what is read-only or not native must not get there."""
    frozen = np.ones(3, np.float32)
    frozen.flags.writeable = False
    with pytest.raises(TypeError, match="SGD: params: got a read-only array of float32 for w"):
        optim.SGD({"w": frozen}, lr=0.1)
    for wrong in ([1.0], np.ones(3, np.int64), np.ones(3, ">f4")):
        with pytest.raises(TypeError, match=r"SGD: params: got .* for w, needs a writeable, aligned"):
            optim.SGD({"w": wrong}, lr=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": -1.0}, "lr: got -1.0"),
        ({"momentum": 0.0}, "nesterov: got momentum=0.0"),
        ({"weight_decay": math.nan}, "weight_decay: got nan"),
    ],
)
def test_settings_of_a_state_are_checked_before_any_is_taken_over(change, message):
    def make(lr):
        return optim.SGD(one(), lr=lr, momentum=0.9, nesterov=True)

    optimizer = make(0.5)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=rf"^SGD: state: param_groups\[0\]: {message}"):
        optimizer.load_state_dict(group_of(make(0.25).state_dict(), **change))
    assert optimizer.state_dict() == before


@pytest.mark.parametrize("wrong", [None, [1], 3])
def test_what_is_no_dict_is_told(wrong):
    adam = optim.Adam({"w": np.ones(2)})
    with pytest.raises(TypeError, match=r"^Adam: gradients: got .*, needs a dict of name and array"):
        adam.step(wrong)
    with pytest.raises(TypeError, match=r"^Adam: state: got .*, needs what state_dict gave"):
        adam.load_state_dict(wrong)
    adam.step({"w": np.ones(2)})
    with pytest.raises(TypeError, match=r"^Adam: state: means: got .*, needs a dict of name and array"):
        adam.load_state_dict(adam.state_dict() | {"means": wrong})
