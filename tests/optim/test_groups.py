"""Groups of parameters, each with settings of its own."""

import numpy as np
import pytest

from fastconv import nn, optim


def arrays(*names, dtype=np.float64):
    return {name: np.array([1.0, 2.0], dtype) for name in names}


def ones(*names):
    return {name: np.ones(2) for name in names}


def test_a_group_without_a_setting_takes_the_optimizers():
    groups = [{"params": arrays("a"), "lr": 0.5}, {"params": arrays("b"), "momentum": 0.9}]
    optimizer = optim.SGD(groups, lr=0.25, weight_decay=0.125)
    assert [dict(group) for group in optimizer.param_groups] == [
        {"params": groups[0]["params"], "lr": 0.5, "momentum": 0.0, **REST},
        {"params": groups[1]["params"], "lr": 0.25, "momentum": 0.9, **REST},
    ]
    assert list(optimizer.parameters) == ["a", "b"]
    assert groups[0].keys() == {"params", "lr"}


REST = {"dampening": 0.0, "weight_decay": 0.125, "nesterov": False}


def test_each_group_moves_by_its_own_settings(each_backend):
    optimizer = optim.SGD([{"params": arrays("a"), "lr": 0.5}, {"params": arrays("b")}], lr=0.25)
    optimizer.step(ones("a", "b"))
    assert [array.tolist() for array in optimizer.parameters.values()] == [[0.5, 1.5], [0.75, 1.75]]
    optimizer.param_groups[1]["lr"] = 1.0
    optimizer.step(ones("a", "b"))
    assert [array.tolist() for array in optimizer.parameters.values()] == [[0.0, 1.0], [-0.25, 0.75]]


def test_an_attribute_is_the_first_groups_and_sets_all():
    optimizer = optim.Adam([{"params": arrays("a"), "lr": 0.5}, {"params": arrays("b"), "eps": 0.125}])
    assert (optimizer.lr, optimizer.eps, optimizer.param_groups[1]["lr"]) == (0.5, 1e-8, 1e-3)
    optimizer.lr = 0.25
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]
    assert [group["eps"] for group in optimizer.param_groups] == [1e-8, 0.125]


def test_a_wrong_value_for_all_changes_none():
    groups = [{"params": arrays("a")}, {"params": arrays("b"), "nesterov": True}]
    optimizer = optim.SGD(groups, lr=1.0, momentum=0.9)
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.0"):
        optimizer.momentum = 0.0
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]
    optimizer.param_groups[0]["momentum"] = 0.0
    with pytest.raises(ValueError, match=r"^SGD: param_groups\[1\]: nesterov: got momentum=0.0"):
        optimizer.param_groups[1]["momentum"] = 0.0
    for wrong in (-1.0, "1", None):
        with pytest.raises((TypeError, ValueError), match=r"^SGD: param_groups\[1\]: lr: got"):
            optimizer.param_groups[1]["lr"] = wrong
    for name in ("params", "learning_rate"):
        with pytest.raises(ValueError, match=rf"^SGD: param_groups\[1\]: settings: got '{name}', needs one"):
            optimizer.param_groups[1][name] = 0.5
    with pytest.raises(AttributeError, match=r"^SGD: param_groups: got .* make a new SGD"):
        optimizer.param_groups = []


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "params: got groups without parameters, needs at least one parameter"),
        ([{"params": {}}], ValueError, "params: got groups without parameters"),
        ([{"lr": 0.1}], TypeError, r"params\[0\]: got a dict of lr, needs a group, as {'params': "),
        (
            [{"params": arrays("a")}, arrays("b")],
            TypeError,
            r"params\[1\]: got a dict of b, needs a group, as {'params': model.parameters\(\), 'lr': 0.1}",
        ),
        ([nn.Linear(2, 2)], TypeError, r"params\[0\]: got Linear, needs a group"),
        ([{"params": arrays("a"), "rate": 1}], ValueError, r"params\[0\]: settings: got 'rate', needs one"),
        ([{"params": arrays("a"), "lr": -1}], ValueError, r"params\[0\]: lr: got -1, needs"),
        ([{"params": arrays("a"), "nesterov": True}], ValueError, r"params\[0\]: nesterov: got momentum=0"),
        ([{"params": arrays("a")}] * 2, ValueError, "params: got a in two groups, needs each name once"),
    ],
)
def test_what_is_no_group_is_told(params, error, message):
    with pytest.raises(error, match=f"^SGD: {message}"):
        optim.SGD(params, lr=0.1)


def test_one_array_in_two_groups_is_refused():
    (shared,) = arrays("a").values()
    with pytest.raises(ValueError, match="SGD: params: got one array as a and b, needs each once"):
        optim.SGD([{"params": {"a": shared}}, {"params": {"b": shared}}], lr=0.1)


def test_a_group_may_be_empty():
    optimizer = optim.Adam([{"params": {}}, {"params": arrays("a")}])
    optimizer.step(ones("a"))
    fresh = optim.Adam([{"params": {}}, {"params": arrays("a")}])
    fresh.load_state_dict(optimizer.state_dict())
    assert fresh.steps == 1


def test_groups_are_carried_over():
    def make(lr):
        groups = [{"params": arrays("a"), "lr": lr}, {"params": arrays("b"), "betas": (0.5, 0.75)}]
        return optim.Adam(groups, lr=0.125)

    first, second = make(0.5), make(0.25)
    first.step(ones("a", "b"))
    first.param_groups[1]["weight_decay"] = 0.5
    state = first.state_dict()
    second.load_state_dict(state)
    assert repr(second) == repr(first)
    assert repr(first).startswith("Adam(lr=0.5, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0 | lr=0.125, ")
    for name, array in first.parameters.items():
        second.parameters[name][...] = array
    first.step(ones("a", "b"))
    second.step(ones("a", "b"))
    for name, array in first.parameters.items():
        assert np.array_equal(array, second.parameters[name])
    with pytest.raises(ValueError, match=r"^Adam: state: param_groups: got 2 groups, needs 1$"):
        optim.Adam(arrays("a", "b")).load_state_dict(state)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_groups_and_missing_gradients_follow_pytorch(name, each_backend):
    """Gradients that are None now and then, in two groups whose settings change."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    start = {key: rng.normal(size=(3, 4)) for key in "abc"}
    options = {"SGD": {"lr": 0.1, "momentum": 0.9, "dampening": 0.25}, "RMSprop": {"momentum": 0.5}}
    tensors = {key: torch.tensor(value, requires_grad=True) for key, value in start.items()}
    own = {key: value.copy() for key, value in start.items()}

    def make(kind, params, several):
        groups = [{"params": several("ab")}, {"params": several("c"), "lr": 0.01, "weight_decay": 0.5}]
        return kind(groups, **options.get(name, {}))

    theirs = make(getattr(torch.optim, name), tensors, lambda keys: [tensors[key] for key in keys])
    ours = make(getattr(optim, name), own, lambda keys: {key: own[key] for key in keys})
    for step in range(12):
        gradients = {key: rng.normal(size=(3, 4)) for key in "abc"}
        if step in (0, 1, 5, 6):
            gradients["b"] = None
        if step in (3, 5):
            gradients["c"] = None
        if step == 8:
            ours.param_groups[1]["lr"] = theirs.param_groups[1]["lr"] = 0.125
        for key, tensor in tensors.items():
            tensor.grad = None if gradients[key] is None else torch.tensor(gradients[key])
        theirs.step()
        ours.step(gradients)
    for key, tensor in tensors.items():
        np.testing.assert_allclose(own[key], tensor.detach().numpy(), rtol=0, atol=1e-13)
