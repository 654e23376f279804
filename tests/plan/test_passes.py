"""Both passes planned, with a loss or an update of Python's between and behind them: the same bits."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim
from fastconv.plan.passes import Passes


class Squares(nn.Loss):
    def forward(self, output, target, sample_weight=None):
        difference = output - target
        return float((difference**2).sum()), lambda: 2 * difference


class Remembers(optim.SGD):
    """Steps by the mean of all gradients so far, which it keeps."""

    def _update(self, settings, parameters, gradients, state, step, first):
        vars(self).setdefault("_seen", []).append(gradients)
        for number, p in enumerate(parameters):
            p -= settings["lr"] * np.mean([seen[number] for seen in self._seen], axis=0)


def model():
    return nn.Sequential(
        nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Dropout(0.3, seed=1), nn.MaxPool2d(2),
        nn.Conv2d(5, 3, 3, padding=1), seed=0,
    )  # fmt: skip


def run(planned, loss, rule, x, y, steps=4, weight=None, **options):
    net = model()
    trainer = fc.Trainer(net, loss, rule(net.parameters(), lr=0.01), **options)
    with fc.config(plan=planned):
        if weight is not None:
            trainer.fit(x, y, batch_size=4, epochs=2, sample_weight=weight, progress=False)
        losses = [trainer.step(x, y) for _ in range(steps)]
    return losses, net.state_dict(), trainer.plan


X = np.random.default_rng(0).standard_normal((6, 2, 8, 8)).astype("f4")
LABELS = np.random.default_rng(1).integers(0, 3, (6, 3, 3))
VALUES = np.random.default_rng(2).standard_normal((6, 3, 3, 3)).astype("f4")
CASES = {
    "clipped": (nn.CrossEntropyLoss(), optim.Adam, X, LABELS, {"clip_norm": 0.5}),
    "weights": (nn.CrossEntropyLoss(), optim.Adam, X, LABELS, {"weight": np.arange(6.0), "steps": 0}),
    "a loss of ones own": (Squares(), optim.SGD, X, VALUES, {}),
    "an optimizer of ones own": (nn.MSELoss(), Remembers, X, VALUES, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_bits(name):
    *given, options = CASES[name]
    planned, plain = (run(on, *given, **options) for on in (True, False))
    assert planned[0] == plain[0]
    for key, value in plain[1].items():
        np.testing.assert_array_equal(planned[1][key], value, err_msg=key)
    assert isinstance(planned[2], Passes), planned[2]
    assert str(planned[2]).startswith("forward and backward pass for (")


def test_gradients_are_heard_of_as_they_come():
    net = nn.Sequential(nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 3, 4), seed=0)
    trainer = fc.Trainer(net, Squares(), optim.SGD(net.parameters(), lr=0.01))
    trainer.step(X, VALUES)
    plan, heard = trainer.plan, {}
    plan.forward(X)
    expected = {name: array.copy() for name, array in plan.backward(VALUES).items()}
    plan.forward(X)
    plan.backward(-VALUES)
    plan.forward(X)
    plan.backward(VALUES, lambda some: heard.update({name: array.copy() for name, array in some.items()}))
    assert [*heard] == [f"{layer}.{kind}" for layer in (3, 1, 0) for kind in ("weight", "bias")]
    for name, array in expected.items():
        np.testing.assert_array_equal(heard[name], array, err_msg=name)


def test_frozen_parameters_have_no_gradient():
    net = model()
    net.freeze("0")
    trainer = fc.Trainer(net, Squares(), optim.SGD(net.parameters(), lr=0.01))
    before = net.state_dict()
    trainer.step(X, VALUES)
    assert isinstance(trainer.plan, Passes)
    after = net.state_dict()
    assert np.array_equal(before["0.weight"], after["0.weight"])
    assert not np.array_equal(before["5.weight"], after["5.weight"])


def test_a_profile():
    net = model()
    trainer = fc.Trainer(net, Squares(), optim.SGD(net.parameters(), lr=0.01))
    trainer.step(X, VALUES)
    before = net.state_dict()
    profile = trainer.plan.profile(0.01)
    assert {"0", "1", "3", "4", "5"} <= {row.layer for row, _ in profile.times}
    assert all(np.array_equal(value, before[name]) for name, value in net.state_dict().items())
