import numpy as np
import pytest

from fastconv import optim
from fastconv.optim.lr_scheduler import OneCycleLR
from tests.optim.lr_scheduler.rates import optimizer


def course(subject, schedule, steps):
    """The rates of the first group, and what moves with them."""
    seen = []
    for step in range(steps + 1):
        if step:
            schedule.step()
        group = subject.param_groups[0]
        seen.append((group["lr"], group["betas"][0] if "betas" in group else group["momentum"]))
    return [list(column) for column in zip(*seen, strict=True)]


LINE = {
    "max_lr": 4.0,
    "total_steps": 6,
    "pct_start": 0.5,
    "anneal_strategy": "linear",
    "div_factor": 4.0,
    "final_div_factor": 4.0,
    "base_momentum": 0.5,
    "max_momentum": 0.75,
}


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.RMSprop])
def test_a_line_up_and_a_line_down(kind):
    subject = optimizer(kind)
    lrs, momenta = course(subject, OneCycleLR(subject, **LINE), 6)
    # Up in steps 0 to 2, down in 2 to 5; the step after the last one stays there.
    assert lrs == pytest.approx([1, 2.5, 4, 2.75, 1.5, 0.25, 0.25], rel=1e-14)
    assert momenta == pytest.approx([0.75, 0.625, 0.5, 0.5 + 0.25 / 3, 0.5 + 0.5 / 3, 0.75, 0.75], rel=1e-14)


def test_a_cosine_meets_the_line_at_its_ends_and_in_the_middle():
    subject = optimizer()
    schedule = OneCycleLR(subject, **LINE | {"anneal_strategy": "cos", "pct_start": 5 / 6, "total_steps": 6})
    assert course(subject, schedule, 5)[0][::2] == pytest.approx([1, 2.5, 4], rel=1e-14)


def test_three_phases():
    subject = optimizer()
    schedule = OneCycleLR(subject, **LINE | {"three_phase": True, "total_steps": 8, "pct_start": 3 / 8})
    lrs, momenta = course(subject, schedule, 7)
    assert lrs == pytest.approx([1, 2.5, 4, 2.5, 1, 0.75, 0.5, 0.25], rel=1e-14)
    assert momenta[2:] == pytest.approx([0.5, 0.625, 0.75, 0.75, 0.75, 0.75], rel=1e-14)


def test_a_cycle_that_begins_at_its_peak():
    subject = optimizer(momentum=0.5)
    schedule = OneCycleLR(subject, **LINE | {"pct_start": 1 / 6, "cycle_momentum": False})
    lrs, momenta = course(subject, schedule, 5)
    assert (lrs[0], lrs[5]) == pytest.approx((4.0, 0.25))
    assert momenta == [0.5] * 6


def test_each_group_has_its_own_peak():
    subject = optimizer()
    schedule = OneCycleLR(subject, **LINE | {"max_lr": [4.0, 8.0], "base_momentum": [0.5, 0.25]})
    assert schedule.get_last_lr() == [1.0, 2.0]
    schedule.step()
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([4.0, 8.0])
    assert [group["momentum"] for group in subject.param_groups] == pytest.approx([0.5, 0.25])


def test_epochs_and_their_steps():
    subject = optimizer()
    assert OneCycleLR(subject, 1.0, epochs=3, steps_per_epoch=5).config()["total_steps"] == 15


def test_no_step_follows_the_cycle_and_nothing_has_changed():
    subject = optimizer()
    schedule = OneCycleLR(subject, 1.0, total_steps=2)
    schedule.step()
    schedule.step()
    before = subject.state_dict(), schedule.state_dict()
    with pytest.raises(ValueError, match=r"^OneCycleLR: step: got step 3, needs at most total_steps=2"):
        schedule.step()
    assert (subject.state_dict(), schedule.state_dict()) == before


class Plain(optim.Optimizer):
    """A rule without momentum."""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_steps": None}, "total_steps: got None, needs a number, or epochs and steps_per_epoch"),
        ({"total_steps": None, "epochs": 3}, "total_steps: got None"),
        ({"total_steps": None, "epochs": 0, "steps_per_epoch": 3}, "epochs: got 0"),
        ({"total_steps": 0}, "total_steps: got 0"),
        ({"max_lr": [1.0]}, "max_lr: got 1 numbers, needs one for each group, 2 in all"),
        ({"max_lr": "1"}, "max_lr: got '1'"),
        ({"pct_start": 1.5}, "pct_start: got 1.5"),
        ({"anneal_strategy": "cosine"}, "anneal_strategy: got 'cosine', needs 'cos' or 'linear'"),
        ({"cycle_momentum": 1}, "cycle_momentum: got 1, needs True or False"),
        ({"div_factor": 0}, "div_factor: got 0, needs a number above 0"),
    ],
    ids=str,
)
def test_arguments_are_checked(change, message):
    subject = optimizer()
    with pytest.raises((TypeError, ValueError), match=f"^OneCycleLR: {message}"):
        OneCycleLR(subject, **{**LINE, **change})
    assert subject.lr == 1.0


def test_an_optimizer_without_momentum_is_told():
    subject = Plain({"p": np.zeros(1)}, lr=1.0, weight_decay=0.0)
    message = "^OneCycleLR: optimizer: got Plain, needs an optimizer with momentum or betas, or cycle_mom"
    with pytest.raises(ValueError, match=message):
        OneCycleLR(subject, 1.0, total_steps=3)
    schedule = OneCycleLR(subject, 1.0, total_steps=10, cycle_momentum=False)
    assert schedule.get_last_lr() == pytest.approx([1 / 25])
