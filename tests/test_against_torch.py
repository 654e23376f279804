"""The same weights and the same batches: PyTorch and fastconv end at the same place."""

import numpy as np
import pytest

from fastconv import models, nn, optim

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

# Two OpenMP runtimes in one process slow each other down.
torch.set_num_threads(1)

STEPS = 50
BATCH = 16
TOLERANCE = {np.float32: 1e-4, np.float64: 1e-9}
MARGIN = 2e-6
EPS = 1e-6
"""Of Adam: above the rounding of a gradient. Adam divides by a gradient's size: where that is rounding alone,
it would move a weight as far as any, in another direction on another CPU."""
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=lambda dtype: dtype.__name__)


def derivation_cnn(dtype, seed):
    ours = models.derivation_cnn(seed=seed, dtype=dtype)
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 1),
    )
    return ours, theirs, (1, 6, 6), 1


def derivation_mlp(dtype, seed):
    ours = models.derivation_mlp(30, 20, 5, seed=seed, dtype=dtype)
    theirs = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.ReLU(), torch.nn.Linear(20, 5))
    return ours, theirs, (30,), 5


def lenet5(dtype, seed):
    t = torch.nn
    ours = models.lenet5(seed=seed, dtype=dtype)
    theirs = t.Sequential(
        *(
            t.Conv2d(1, 6, 5, padding=2),
            t.ReLU(),
            t.MaxPool2d(2),
            t.Conv2d(6, 16, 5),
            t.ReLU(),
            t.MaxPool2d(2),
        ),
        *(t.Flatten(), t.Linear(400, 120), t.ReLU(), t.Linear(120, 84), t.ReLU(), t.Linear(84, 10)),
    )
    return ours, theirs, (1, 28, 28), 10


NETWORKS = pytest.mark.parametrize(
    "network", [derivation_cnn, derivation_mlp, lenet5], ids=lambda n: n.__name__
)
OPTIMIZERS = {
    "SGD": (
        lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    ),
    "Adam": (lambda p: optim.Adam(p, lr=1e-3, eps=EPS), lambda p: torch.optim.Adam(p, lr=1e-3, eps=EPS)),
    "AdamW": (lambda p: optim.AdamW(p, lr=1e-3, eps=EPS), lambda p: torch.optim.AdamW(p, lr=1e-3, eps=EPS)),
}


def distance(a, b):
    """The largest difference, relative to the largest value."""
    return np.abs(a - b).max() / np.abs(b).max()


def copied_to(theirs, ours, dtype):
    theirs.to({np.float32: torch.float32, np.float64: torch.float64}[dtype])
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in ours.state_dict().items()})


def is_decided(theirs, x):
    """Whether no ReLU and no maximum is so close to a tie that rounding decides it.

    At a tie the gradient jumps: a pixel's share counts in full or not at all. Two networks that differ in
    the last bit then go different ways: a ReLU input of -1e-8 that came out as +7e-8 moved LeNet's first
    filters by 1e-4 in 50 steps of Adam.
    """
    for layer in theirs:
        if isinstance(layer, torch.nn.ReLU) and x.abs().min() < MARGIN:
            return False
        if isinstance(layer, torch.nn.MaxPool2d):
            best = x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).topk(2).values
            # Windows of zeros are ties whose gradient the ReLU before them stops.
            gap = (best[..., 0] - best[..., 1])[best[..., 0] > 0]
            if gap.numel() and gap.min() < MARGIN:
                return False
        x = layer(x)
    return True


def batches(theirs, shape, outputs, dtype):
    """Random batches, drawn again where a tie is near for the network as it is then."""
    rng = np.random.default_rng(1)
    for _ in range(STEPS):
        x = rng.normal(size=(BATCH, *shape)).astype(dtype)
        with torch.no_grad():
            while not is_decided(theirs, torch.from_numpy(x)):
                x = rng.normal(size=(BATCH, *shape)).astype(dtype)
        y = rng.integers(0, max(outputs, 2), BATCH)
        yield x, y[:, None].astype(dtype) if outputs == 1 else y


@DTYPES
@NETWORKS
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_ends_at_the_same_weights(network, optimizer, dtype):
    ours, theirs, shape, outputs = network(dtype, seed=0)
    copied_to(theirs, ours, dtype)
    loss, their_loss = (
        (nn.BCEWithLogitsLoss(), torch.nn.BCEWithLogitsLoss())
        if outputs == 1
        else (nn.CrossEntropyLoss(), torch.nn.CrossEntropyLoss())
    )
    make, make_theirs = OPTIMIZERS[optimizer]
    stepper, their_stepper = make(ours.parameters()), make_theirs(theirs.parameters())
    start = ours.state_dict()

    for x, y in batches(theirs, shape, outputs, dtype):
        output, backward = ours.forward(x)
        value, loss_backward = loss.forward(output, y)
        stepper.step(backward(loss_backward(), input_gradient=False)[1])
        their_stepper.zero_grad()
        their_value = their_loss(theirs(torch.from_numpy(x)), torch.from_numpy(y))
        their_value.backward()
        their_stepper.step()
        assert value == pytest.approx(their_value.item(), rel=TOLERANCE[dtype])

    for name, tensor in theirs.state_dict().items():
        array = ours.parameters()[name]
        assert distance(array, tensor.numpy()) < TOLERANCE[dtype], name
        assert distance(array, start[name]) > 100 * TOLERANCE[dtype], f"{name} has hardly moved"


@DTYPES
@NETWORKS
def test_gradients_are_the_same(network, dtype):
    ours, theirs, shape, outputs = network(dtype, seed=0)
    copied_to(theirs, ours, dtype)
    x, _ = next(batches(theirs, shape, outputs, dtype))
    g = np.random.default_rng(3).normal(size=(BATCH, outputs)).astype(dtype)
    tensor = torch.from_numpy(x).requires_grad_()
    output = theirs(tensor)
    output.backward(torch.from_numpy(g))
    y, backward = ours.forward(x)
    dx, gradients = backward(g)
    tolerance = {np.float32: 1e-5, np.float64: 1e-13}[dtype]
    assert distance(y, output.detach().numpy()) < tolerance
    assert distance(dx, tensor.grad.numpy()) < tolerance
    for name, parameter in theirs.named_parameters():
        assert distance(gradients[name], parameter.grad.numpy()) < tolerance, name


@DTYPES
@NETWORKS
def test_state_dicts_travel_both_ways(network, dtype):
    ours, theirs, _, _ = network(dtype, seed=0)
    theirs.to({np.float32: torch.float32, np.float64: torch.float64}[dtype])
    ours.load_state_dict(theirs.state_dict())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, tensor in theirs.state_dict().items():
        assert np.array_equal(ours.parameters()[name], tensor.numpy())
    other = network(dtype, seed=1)[0]
    copied_to(theirs, other, dtype)
    assert all(np.array_equal(theirs.state_dict()[n].numpy(), a) for n, a in other.parameters().items())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda seed: nn.Linear(40, 30, seed=seed), lambda: torch.nn.Linear(40, 30)),
        (lambda seed: nn.Conv2d(6, 8, (3, 5), seed=seed), lambda: torch.nn.Conv2d(6, 8, (3, 5))),
        (lambda seed: nn.Conv2d(6, 8, 3, groups=2, seed=seed), lambda: torch.nn.Conv2d(6, 8, 3, groups=2)),
    ],
    ids=["Linear", "Conv2d", "groups"],
)
def test_initialisation_has_pytorchs_distribution(ours, theirs):
    torch.manual_seed(0)
    for name in ("weight", "bias"):
        a = np.concatenate([ours(seed).parameters()[name].ravel() for seed in range(60)])
        b = np.concatenate([theirs().state_dict()[name].numpy().ravel() for _ in range(60)])
        # At least 480 uniform values: the largest lies within 3 % of the bound, deciles within 15 % of it.
        bound = np.abs(b).max()
        assert np.abs(a).max() == pytest.approx(bound, rel=0.03)
        deciles = np.linspace(0.1, 0.9, 9)
        np.testing.assert_allclose(
            np.quantile(a, deciles), np.quantile(b, deciles), rtol=0, atol=0.15 * bound
        )


LOSSES = {
    "weighted": ({"weight": np.array([1.0, 2.0, 0.5])}, False),
    "ignored": ({"ignore_index": 1}, False),
    "smoothed": ({"label_smoothing": 0.1, "weight": np.array([1.0, 2.0, 0.5])}, False),
    "sum": ({"reduction": "sum"}, False),
    "probabilities": ({"label_smoothing": 0.1}, True),
}


@pytest.mark.parametrize(("arguments", "probabilities"), LOSSES.values(), ids=LOSSES)
def test_cross_entropy_is_pytorchs(arguments, probabilities):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(7, 3))
    y = rng.dirichlet(np.ones(3), size=7) if probabilities else rng.integers(0, 3, 7)
    value, backward = nn.CrossEntropyLoss(**arguments).forward(x, y)
    tensor = torch.from_numpy(x).requires_grad_()
    theirs = {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    expected = torch.nn.CrossEntropyLoss(**theirs)(tensor, torch.from_numpy(y))
    expected.backward()
    assert value == pytest.approx(expected.item(), rel=1e-13)
    np.testing.assert_allclose(backward(), tensor.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_clipping_is_pytorchs():
    rng = np.random.default_rng(0)
    gradients = {"a": rng.normal(size=(5, 4)), "b": rng.normal(size=3)}
    parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients.values()]
    for parameter, gradient in zip(parameters, gradients.values(), strict=True):
        parameter.grad = torch.from_numpy(gradient.copy())
    torch.nn.utils.clip_grad_norm_(parameters, 1.5)
    for parameter, gradient in zip(parameters, optim.clip(gradients, 1.5).values(), strict=True):
        np.testing.assert_allclose(gradient, parameter.grad.numpy(), rtol=1e-14)
