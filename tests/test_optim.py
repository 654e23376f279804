import inspect
import math

import numpy as np
import pytest

import fastconv
from fastconv import nn, optim


@pytest.fixture(params=["numba", "reference"])
def each_backend(request):
    with fastconv.backend(request.param):
        yield


def one(value=1.0, dtype=np.float64):
    return {"p": np.array([value, 2.0], dtype)}


def stepped(optimizer, *gradients):
    for gradient in gradients:
        optimizer.step({"p": np.array([gradient, 0.0])})
    return optimizer.parameters["p"][0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, 1 - 0.1 * (3 + 5)),
        ({"weight_decay": 0.5}, None),
        # v1 = 3, v2 = 0.9 · 3 + 5
        ({"momentum": 0.9}, 1 - 0.1 * 3 - 0.1 * (0.9 * 3 + 5)),
        # The first velocity is the gradient, undamped.
        ({"momentum": 0.9, "dampening": 0.4}, 1 - 0.1 * 3 - 0.1 * (0.9 * 3 + 0.6 * 5)),
        ({"momentum": 0.9, "nesterov": True}, 1 - 0.1 * (3 + 0.9 * 3) - 0.1 * (5 + 0.9 * (0.9 * 3 + 5))),
    ],
    ids=str,
)
def test_sgd_by_hand(arguments, expected, each_backend):
    if expected is None:  # weight decay: each gradient gains half of the parameter
        p = 1 - 0.1 * (3 + 0.5)
        expected = p - 0.1 * (5 + 0.5 * p)
    assert stepped(optim.SGD(one(), lr=0.1, **arguments), 3.0, 5.0) == pytest.approx(expected, rel=1e-14)


def test_adam_by_hand(each_backend):
    m, s, p = 0.0, 0.0, 1.0
    for step, g in enumerate((3.0, 5.0), start=1):
        m, s = 0.8 * m + 0.2 * g, 0.99 * s + 0.01 * g * g
        p -= 0.1 * (m / (1 - 0.8**step)) / (math.sqrt(s / (1 - 0.99**step)) + 1e-3)
    result = stepped(optim.Adam(one(), lr=0.1, betas=(0.8, 0.99), eps=1e-3), 3.0, 5.0)
    assert result == pytest.approx(p, rel=1e-13)


def test_the_decay_of_adamw_is_apart_from_the_gradient(each_backend):
    # With a zero gradient only the decay moves the parameter; Adam's decay passes through its normalisation.
    assert stepped(optim.AdamW(one(), lr=0.1, weight_decay=0.5), 0.0) == pytest.approx(0.95, rel=1e-14)
    assert stepped(optim.Adam(one(), lr=0.1, weight_decay=0.5), 0.0) == pytest.approx(0.9, rel=1e-6)


def test_parameters_change_in_place_and_keep_their_dtype(each_backend):
    layer = nn.Linear(2, 2, seed=0)
    array, before = layer.weight, layer.weight.copy()
    for kind in (optim.SGD, optim.Adam, optim.AdamW):
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


def test_momentum_can_be_switched_on_later():
    optimizer = optim.SGD(one(), lr=1.0)
    stepped(optimizer, 1.0)
    optimizer.momentum = 0.5
    assert stepped(optimizer, 1.0, 1.0) == 1 - 1 - 1 - 1.5


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, lr=0.1),
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.3),
        lambda p: optim.Adam(p, lr=0.1),
        lambda p: optim.AdamW(p, lr=0.1),
    ],
    ids=["SGD", "momentum", "Adam", "AdamW"],
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": None}, "Adam: state: got"),
        ({"means": None}, "Adam: state: got"),
        ({"velocities": {"p": np.zeros(2)}}, "Adam: state: got"),
        ({"squares": {"p": np.zeros(3)}}, r"Adam: state: squares: got shapes .*\(3,\).*, needs .*\(2,\)"),
        ({"means": {"q": np.zeros(2)}}, "Adam: state: means: got shapes"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    optimizer = optim.Adam(one(), lr=0.5)
    stepped(optimizer, 1.0)
    state = {k: v for k, v in {**optimizer.state_dict(), "steps": 9, **change}.items() if v is not None}
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    assert (optimizer.steps, optimizer.lr) == (1, 0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.SGD(one(), lr=-1), "SGD: lr: got -1"),
        (lambda: optim.SGD(one(), lr=math.nan), "SGD: lr: got nan"),
        (lambda: optim.SGD(one(), lr=1, momentum=-0.1), "SGD: momentum: got -0.1"),
        (lambda: optim.SGD(one(), lr=1, weight_decay=-1), "SGD: weight_decay: got -1"),
        (lambda: optim.SGD(one(), lr=1, nesterov=True), "SGD: nesterov: got momentum=0.0"),
        (lambda: optim.SGD(one(), lr=1, momentum=0.9, dampening=0.1, nesterov=True), "SGD: nesterov: got"),
        (lambda: optim.Adam(one(), lr=-1), "Adam: lr: got -1"),
        (lambda: optim.Adam(one(), betas=(1.0, 0.9)), r"Adam: betas\[0\]: got 1.0, needs 0 <= beta < 1"),
        (lambda: optim.Adam(one(), betas=(0.9, -0.1)), r"Adam: betas\[1\]: got -0.1"),
        (lambda: optim.AdamW(one(), eps=-1), "AdamW: eps: got -1"),
        (lambda: optim.Adam({}), "Adam: params: got an empty dict, needs at least one parameter"),
    ],
)
def test_arguments_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()


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


def test_clip_scales_all_gradients_by_their_common_norm():
    gradients = {"a": np.array([3.0], np.float32), "b": np.array([[4.0]], np.float32)}
    clipped = optim.clip(gradients, 2.5)
    np.testing.assert_allclose([clipped["a"][0], clipped["b"][0, 0]], [1.5, 2.0], rtol=1e-6)
    assert clipped["a"].dtype == np.float32
    assert gradients["a"][0] == 3.0


def test_clip_leaves_small_gradients_as_they_are():
    gradients = {"a": np.array([3.0]), "b": np.array([4.0])}
    assert {name: g.tolist() for name, g in optim.clip(gradients, 5.1).items()} == {"a": [3.0], "b": [4.0]}
    assert optim.clip({"a": np.zeros(2)}, 1.0)["a"].tolist() == [0.0, 0.0]


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


KINDS = (optim.SGD, optim.Adam, optim.AdamW)
# Of the wrong kind, or out of range, for whatever an optimizer has.
WRONG = ["wrong", -1, math.nan, None, True, [], (1, 2, 3), (0.5, 2), np.ones(2), object, {}]


def wrong_for(name):
    """`dampening` may be any number; True is a flag."""
    fits = {"dampening": int, "nesterov": bool}.get(name)
    return [value for value in WRONG if type(value) not in (fits, *([bool] if fits is int else []))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_argument_is_an_error_that_names_it(kind):
    for name in inspect.signature(kind).parameters:
        for wrong in wrong_for(name):
            with pytest.raises((TypeError, ValueError), match=rf"^{kind.__name__}: {name}.*: got "):
                kind(**{"params": one(), "lr": 1.0, name: wrong})


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_value_set_later_is_an_error_too_and_changes_nothing(kind):
    optimizer = kind(one(), lr=1.0)
    for name in [name for name in dir(optimizer) if not name.startswith("_")]:
        before = getattr(optimizer, name)
        for wrong in wrong_for(name):
            with pytest.raises(
                (TypeError, ValueError, AttributeError), match=rf"^{kind.__name__}: {name}.*: "
            ):
                setattr(optimizer, name, wrong)
        after = getattr(optimizer, name)
        assert after is before or after == before


def test_another_librarys_setting_is_no_setting():
    with pytest.raises(
        AttributeError,
        match=r"^Adam: learning_rate: there is no such setting, needs one of betas, eps, lr, ",
    ):
        optim.Adam(one()).learning_rate = 0.1


def test_nesterov_and_momentum_are_seen_together_whenever_one_is_set():
    plain = optim.SGD(one(), lr=1.0)
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.0, dampening=0.0, needs a mom"):
        plain.nesterov = True
    with_both = optim.SGD(one(), lr=1.0, momentum=0.9, nesterov=True)
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.0"):
        with_both.momentum = 0
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.9, dampening=0.5"):
        with_both.dampening = 0.5
    with_both.load_state_dict(plain.state_dict())
    assert (with_both.momentum, with_both.nesterov) == (0.0, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": -1.0}, "SGD: lr: got -1.0"),
        ({"steps": -1}, "SGD: steps: got -1"),
        ({"momentum": 0.0}, "SGD: nesterov: got momentum=0.0"),
        ({"weight_decay": math.nan}, "SGD: weight_decay: got nan"),
    ],
)
def test_settings_of_a_state_are_checked_before_any_is_taken_over(change, message):
    def make(lr):
        return optim.SGD(one(), lr=lr, momentum=0.9, nesterov=True)

    optimizer = make(0.5)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict({**make(0.25).state_dict(), **change})
    assert optimizer.state_dict() == before


@pytest.mark.parametrize("norm", [-1.0, math.nan, "1", None])
def test_clip_needs_a_norm(norm):
    with pytest.raises((TypeError, ValueError), match=r"^clip: norm: got "):
        optim.clip({"a": np.ones(2)}, norm)


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


def test_no_rate_is_infinite():
    with pytest.raises(ValueError, match=r"^SGD: lr: got inf, needs a finite number of at least 0"):
        optim.SGD({"w": np.ones(2)}, lr=np.inf)
