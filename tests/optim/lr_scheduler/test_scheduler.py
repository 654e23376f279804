import json

import numpy as np
import pytest

from fastconv import optim
from fastconv.optim import lr_scheduler
from tests.optim.lr_scheduler.rates import optimizer, rates

SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2, 0.5),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 5]),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.5),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 4),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, 0.5, total_iters=6),
    "PolynomialLR": lambda o: lr_scheduler.PolynomialLR(o, 6),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, [1.0, 0.5], 8),
}


@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_a_state_carries_a_schedule_over(make):
    first, second = optimizer(momentum=0.9), optimizer(lrs=(7.0, 3.5))
    a, b = make(first), make(second)
    for _ in range(3):
        a.step()
    state = json.loads(json.dumps(a.state_dict()))
    second.load_state_dict(first.state_dict())
    b.load_state_dict(state)
    assert repr(a) == repr(b)
    assert rates(a, 4) == rates(b, 4)
    assert first.state_dict() == second.state_dict()
    assert state["last_epoch"] == 3  # the copy stays as it was


def test_settings_of_a_state_are_taken_over():
    a, b = (lr_scheduler.StepLR(optimizer(), size) for size in (2, 5))
    b.load_state_dict(a.state_dict())
    assert repr(b) == "StepLR(step_size=2, gamma=0.1)"


@pytest.mark.parametrize(
    "change",
    [{"last_epoch": -2}, {"gamma": None}, {"base_lrs": [1.0]}, {"base_lrs": 1j}, {"other": 1}],
    ids=str,
)
def test_a_state_that_does_not_fit_changes_nothing(change):
    schedule = lr_scheduler.StepLR(optimizer(), 2)
    before = schedule.state_dict()
    with pytest.raises((TypeError, ValueError), match=r"^StepLR: (state|last_epoch|gamma|base_lrs): got "):
        schedule.load_state_dict({**before, "step_size": 7, **change})
    with pytest.raises(TypeError, match=r"^StepLR: state: got int, needs what state_dict gave"):
        schedule.load_state_dict(3)
    assert schedule.state_dict() == before


def test_settings_are_checked_and_others_refused():
    schedule = lr_scheduler.StepLR(optimizer(), 2)
    schedule.gamma = 0.5
    assert rates(schedule, 2) == [1, 1, 0.5]
    with pytest.raises(ValueError, match=r"^StepLR: step_size: got 0"):
        schedule.step_size = 0
    with pytest.raises(AttributeError, match=r"^StepLR: decay: there is no such setting"):
        schedule.decay = 2
    with pytest.raises(AttributeError, match=r"^StepLR: optimizer: got .* make a new StepLR"):
        schedule.optimizer = optimizer()


@pytest.mark.parametrize("kind", [getattr(lr_scheduler, name) for name in SCHEDULES])
def test_an_optimizer_is_needed(kind):
    needed = {"StepLR": [1], "MultiStepLR": [[1]], "ExponentialLR": [1], "CosineAnnealingLR": [1]}
    arguments = needed.get(kind.__name__, [1.0, 2] if kind.__name__ == "OneCycleLR" else [])
    with pytest.raises(TypeError, match=f"^{kind.__name__}: optimizer: got dict, needs a Optimizer"):
        kind({"p": np.zeros(1)}, *arguments)


def test_going_on_needs_the_rates_of_the_start():
    subject = optimizer()
    with pytest.raises(
        ValueError, match=r"^StepLR: last_epoch: got 3, needs an initial_lr in param_groups\[0"
    ):
        lr_scheduler.StepLR(subject, 2, last_epoch=3)
    groups = [{"params": {"p": np.zeros(1)}, "initial_lr": 4.0}]
    schedule = lr_scheduler.StepLR(optim.SGD(groups, lr=1.0), 2, last_epoch=3)
    assert (schedule.last_epoch, schedule.base_lrs) == (4, [4.0])


def test_a_schedule_of_ones_own():
    class Halves(lr_scheduler.LRScheduler):
        """Half the rate in each step."""

        def _next(self, epoch):
            return [lr / 2 for lr in self.get_last_lr()]

    assert rates(Halves(optimizer()), 2) == [1, 0.5, 0.25]
