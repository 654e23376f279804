"""What a trainer refuses, before it has trained anything or forgotten what it had."""

import re

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("reference")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 3)).astype(np.float32)
Y = np.arange(8) % 2


class Net(nn.Layer):
    """A model whose layers have names."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4, seed=0)
        self.last = nn.Linear(4, 2, seed=1)
        self.between = nn.ReLU()

    def forward(self, x, training=True):
        closures = []
        for name in ("first", "between", "last"):
            x, closure = getattr(self, name).forward(x, training)
            closures.append((name, closure))

        def backward(dy, input_gradient=True):
            gradients = {}
            for name, closure in reversed(closures):
                dy, own = closure(dy)
                gradients |= {f"{name}.{key}": array for key, array in own.items()}
            return dy, gradients

        return x, backward


def trainer(loss=None, model=None, outputs=2):
    model = nn.Linear(3, outputs, seed=0) if model is None else model
    return Trainer(model, loss or nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))


def fit(subject, *data, **arguments):
    return subject.fit(*(data or (X, Y)), progress=False, **arguments)


def refused(error, message, subject, *data, **arguments):
    """Sees that a fit is refused and that parameters and history stay what they were."""
    before, history = subject.model.state_dict(), subject.history
    with pytest.raises(error) as caught:
        fit(subject, *data, **arguments)
    assert str(caught.value) == message
    assert subject.history is history
    assert all(np.array_equal(array, before[name]) for name, array in subject.model.state_dict().items())


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"last": nn.Linear(4, 2, seed=2)}, "last.weight"),
        ({"last": nn.Sequential(nn.Linear(4, 2, seed=2))}, "last.weight"),
        ({"between": nn.Linear(4, 4, seed=2)}, "between.bias"),
    ],
    ids=["another layer", "another name", "one more"],
)
def test_arrays_that_the_optimizer_does_not_hold_are_told(change, name):
    subject = trainer(model=Net())
    fit(subject)
    for layer in change.items():
        setattr(subject.model, *layer)
    got = f"other parameters than those that the trainer was made with ({name})"
    needs = "the same arrays; a new optimizer of model.parameters() and a new Trainer would fit"
    refused(ValueError, f"fit: model: got {got}, needs {needs}", subject)
    fit(trainer(model=subject.model))


@pytest.mark.parametrize("seed", ["a", 1.5, True, -1])
def test_a_seed_is_a_whole_number(seed):
    subject = trainer()
    fit(subject, epochs=2)
    message = f"fit: seed: got {seed!r}, needs a whole number of at least 0 or None"
    refused(ValueError if seed == -1 else TypeError, message, subject, seed=seed)
    assert len(subject.history["loss"]) == 2


@pytest.mark.parametrize("seed", [None, 0, np.int64(3), 2**70])
def test_seeds_that_are_taken(seed):
    fit(trainer(), seed=seed)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_targets_without_end_are_told_before_the_first_step(value):
    y = np.where(np.arange(8)[:, None] == 6, value, 1).astype(np.float32)
    good = np.ones((8, 1), np.float32)
    subject = trainer(nn.MSELoss(), outputs=1)
    needs = f"got {value} at index (6, 0), needs finite numbers"
    refused(ValueError, f"fit: y: {needs}", subject, X, y, batch_size=2)
    message = f"fit: validation_data: y: {needs}"
    refused(ValueError, message, subject, X, good, validation_data=(X, y))
    for function in ("step", "evaluate"):
        with pytest.raises(ValueError, match=f"^{function}: y: {re.escape(needs)}$"):
            getattr(subject, function)(X, y)


@pytest.mark.parametrize("function", ["fit", "step", "evaluate"])
def test_images_without_an_axis_of_channels_are_told(function):
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(144, 2), seed=0)
    subject = trainer(model=model)
    x = RNG.normal(size=(8, 8, 8)).astype(np.float32)
    needs = r"a batch \(N, ...\); x\[:, None\] would fit"
    with pytest.raises(ValueError, match=rf"^{function}: x: got shape \(8, 8, 8\), needs {needs}$"):
        getattr(subject, function)(x, Y)
    subject.step(x[:, None], Y)
