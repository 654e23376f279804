import math

import numpy as np
import pytest

from fastconv.reference import adam, rmsprop, sgd


def one(*values):
    """A sequence of one parameter."""
    return [np.array(values)]


def test_sgd_by_hand():
    p = one(1.0, -2.0)
    sgd(p, one(0.5, 4.0), [], lr=0.25)
    np.testing.assert_array_equal(p[0], [1 - 0.25 * 0.5, -2 - 0.25 * 4])


def test_weight_decay_by_hand():
    p = one(2.0)
    sgd(p, one(1.0), [], lr=0.5, weight_decay=0.25)
    assert p[0].item() == 2 - 0.5 * (1 + 0.25 * 2)


def test_momentum_by_hand():
    p, v = one(10.0), one(0.0)
    sgd(p, one(2.0), v, lr=0.5, momentum=0.5, dampening=0.25, first=True)
    assert v[0].item() == 2  # no dampening in the first step
    assert p[0].item() == 10 - 0.5 * 2
    sgd(p, one(4.0), v, lr=0.5, momentum=0.5, dampening=0.25)
    assert v[0].item() == 0.5 * 2 + 0.75 * 4
    assert p[0].item() == 9 - 0.5 * 4


def test_nesterov_by_hand():
    p, v = one(10.0), one(0.0)
    sgd(p, one(2.0), v, lr=0.5, momentum=0.5, nesterov=True, first=True)
    assert p[0].item() == 10 - 0.5 * (2 + 0.5 * 2)
    sgd(p, one(4.0), v, lr=0.5, momentum=0.5, nesterov=True)
    assert v[0].item() == 0.5 * 2 + 4
    assert p[0].item() == 8.5 - 0.5 * (4 + 0.5 * 5)


def test_momentum_sees_the_decayed_gradient():
    p, v = one(2.0), one(0.0)
    sgd(p, one(1.0), v, lr=0.5, momentum=0.5, weight_decay=0.25, first=True)
    assert v[0].item() == 1 + 0.25 * 2


def test_adam_by_hand():
    p, m, s = one(1.0), one(0.0), one(0.0)
    adam(p, one(2.0), m, s, step=1, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0)
    assert m[0].item() == 0.5 * 2
    assert s[0].item() == 0.25 * 4
    # The corrected means are 1 / (1 - 0.5) = 2 and 1 / (1 - 0.75) = 4.
    assert p[0].item() == pytest.approx(1 - 0.1 * 2 / (2 + 1), rel=1e-15)

    adam(p, one(-4.0), m, s, step=2, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0)
    assert m[0].item() == 0.5 * 1 + 0.5 * -4
    assert s[0].item() == 0.75 * 1 + 0.25 * 16
    corrected_m, corrected_s = -1.5 / (1 - 0.5**2), 4.75 / (1 - 0.75**2)
    expected = 1 - 0.1 * 2 / 3 - 0.1 * corrected_m / (math.sqrt(corrected_s) + 1)
    assert p[0].item() == pytest.approx(expected, rel=1e-14)


def test_weight_decay_of_adam_joins_the_gradient():
    p, m, s = one(2.0), one(0.0), one(0.0)
    adam(p, one(1.0), m, s, step=1, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0, weight_decay=0.5)
    assert m[0].item() == 0.5 * (1 + 0.5 * 2)
    assert p[0].item() == pytest.approx(2 - 0.1 * 2 / (2 + 1), rel=1e-15)


def test_weight_decay_of_adamw_shrinks_the_parameter():
    p, m, s = one(2.0), one(0.0), one(0.0)
    options = {"step": 1, "lr": 0.1, "beta1": 0.5, "beta2": 0.75, "eps": 1.0}
    adam(p, one(2.0), m, s, **options, weight_decay=0.5, decoupled=True)
    assert m[0].item() == 0.5 * 2
    assert p[0].item() == pytest.approx(2 * (1 - 0.1 * 0.5) - 0.1 * 2 / (2 + 1), rel=1e-15)


def test_rmsprop_by_hand():
    p, s = one(1.0), one(0.0)
    rmsprop(p, one(2.0), s, [], [], lr=0.5, alpha=0.75, eps=1.0)
    assert s[0].item() == 0.25 * 4
    assert p[0].item() == 1 - 0.5 * 2 / (1 + 1)
    rmsprop(p, one(-4.0), s, [], [], lr=0.5, alpha=0.75, eps=0.5, weight_decay=2.0)
    # The gradient is -4 + 2 * 0.5 = -3.
    assert s[0].item() == 0.75 * 1 + 0.25 * 9
    assert p[0].item() == pytest.approx(0.5 + 0.5 * 3 / (math.sqrt(3) + 0.5), rel=1e-15)


def test_momentum_of_rmsprop_follows_the_quotient():
    p, s, v = one(1.0), one(0.0), one(0.5)
    rmsprop(p, one(2.0), s, v, [], lr=0.5, alpha=0.75, eps=1.0, momentum=0.5)
    assert v[0].item() == 0.5 * 0.5 + 2 / (1 + 1)
    assert p[0].item() == 1 - 0.5 * 1.25


def test_centered_rmsprop_divides_by_the_standard_deviation():
    p, s, m = one(1.0), one(0.0), one(0.0)
    rmsprop(p, one(2.0), s, [], m, lr=0.5, alpha=0.75, eps=1.0, centered=True)
    assert m[0].item() == 0.25 * 2
    assert p[0].item() == pytest.approx(1 - 0.5 * 2 / (math.sqrt(1 - 0.25) + 1), rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_parameters_are_updated_in_place_and_gradients_kept(dtype):
    shapes = [(2, 3), (4,), (1, 2, 2, 2)]
    rng = np.random.default_rng(0)
    parameters, gradients, means, squares = (
        [rng.random(shape).astype(dtype) for shape in shapes] for _ in range(4)
    )
    same, before = list(parameters), [p.copy() for p in parameters]
    kept = [g.copy() for g in gradients]
    sgd(parameters, gradients, means, lr=0.1, momentum=0.9)
    adam(parameters, gradients, means, squares, 1, 0.1, 0.9, 0.999, 1e-8)
    for i in range(len(shapes)):
        assert parameters[i] is same[i]
        assert parameters[i].dtype == means[i].dtype == squares[i].dtype == dtype
        assert np.all(parameters[i] != before[i])
        np.testing.assert_array_equal(gradients[i], kept[i])


def test_updates_reach_through_views():
    memory = np.ones((4, 3))
    sgd([memory[::2].T], [np.ones((3, 2))], [], lr=1.0)
    np.testing.assert_array_equal(memory, [[0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1]])


SGD_OPTIONS = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
]

RMSPROP_OPTIONS = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9, "weight_decay": 0.01},
    {"centered": True},
    {"momentum": 0.9, "centered": True},
]


def steps_of_both(torch, optimizer, step, dtype):
    """Run 20 steps of a PyTorch optimizer and of ours on the same random gradients."""
    rng = np.random.default_rng(7)
    start = rng.standard_normal((5, 7)).astype(dtype)
    theirs = torch.tensor(start, requires_grad=True)
    optimizer = optimizer([theirs])
    ours = start.copy()
    for i in range(20):
        gradient = rng.standard_normal(start.shape).astype(dtype)
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
        step(i, ours, gradient)
    # A few roundings a step, of numbers about 1.
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=20 * 4 * np.finfo(dtype).eps)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", SGD_OPTIONS, ids=str)
def test_sgd_follows_pytorch(options, dtype):
    torch = pytest.importorskip("torch")
    v = np.zeros((5, 7), dtype)

    def step(i, p, g):
        sgd([p], [g], [v] if "momentum" in options else [], lr=0.05, **options, first=i == 0)

    steps_of_both(torch, lambda p: torch.optim.SGD(p, lr=0.05, **options), step, dtype)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight_decay", [0, 0.1])
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_adam_follows_pytorch(name, weight_decay, dtype):
    torch = pytest.importorskip("torch")
    m, s = np.zeros((5, 7), dtype), np.zeros((5, 7), dtype)

    def step(i, p, g):
        adam([p], [g], [m], [s], i + 1, 0.05, 0.9, 0.99, 1e-8, weight_decay, decoupled=name == "AdamW")

    optimizer = getattr(torch.optim, name)
    steps_of_both(
        torch, lambda p: optimizer(p, lr=0.05, betas=(0.9, 0.99), weight_decay=weight_decay), step, dtype
    )


@pytest.mark.torch
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", RMSPROP_OPTIONS, ids=str)
def test_rmsprop_follows_pytorch(options, dtype):
    torch = pytest.importorskip("torch")
    s, v, m = (np.zeros((5, 7), dtype) for _ in range(3))

    def step(i, p, g):
        buffers = [v] if "momentum" in options else [], [m] if "centered" in options else []
        rmsprop([p], [g], [s], *buffers, lr=0.01, alpha=0.9, eps=1e-8, **options)

    steps_of_both(torch, lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, **options), step, dtype)
