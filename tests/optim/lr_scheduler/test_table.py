import pytest

from fastconv import nn, optim
from fastconv.optim.lr_scheduler.table import KINDS, Schedule

EPOCHS, STEPS, RATE = 4, 5, 0.01


@pytest.fixture
def optimizer():
    return optim.Adam(nn.Linear(2, 2, seed=0).parameters(), lr=RATE)


@pytest.mark.parametrize(
    ("text", "described", "interval"),
    [
        ("one-cycle", {"class": "OneCycleLR", "max_lr": RATE, "total_steps": 20}, "step"),
        (
            "one-cycle,pct_start=0.2,anneal_strategy=linear,cycle_momentum=false",
            {"pct_start": 0.2, "anneal_strategy": "linear", "cycle_momentum": False},
            "step",
        ),
        ("cosine,eta_min=1e-5", {"class": "CosineAnnealingLR", "T_max": 20, "eta_min": 1e-5}, "step"),
        ("polynomial,power=2", {"class": "PolynomialLR", "total_iters": 20, "power": 2}, "step"),
        ("step,step_size=10,gamma=0.1", {"class": "StepLR", "step_size": 10, "gamma": 0.1}, "epoch"),
        ("multi-step,milestones=2", {"class": "MultiStepLR", "milestones": [2]}, "epoch"),
        ("multi-step,milestones=2:3", {"milestones": [2, 3], "gamma": 0.1}, "epoch"),
        ("exponential,gamma=0.9", {"class": "ExponentialLR", "gamma": 0.9}, "epoch"),
        ("linear", {"class": "LinearLR", "total_iters": 5}, "epoch"),
    ],
)
def test_what_is_made(optimizer, text, described, interval):
    schedule = Schedule("--lr-schedule", text)
    made = schedule.make(optimizer, EPOCHS, STEPS)
    assert described.items() <= made.describe().items()
    assert schedule.interval == interval
    assert schedule.fills_the_run == (interval == "step")
    for _ in range(EPOCHS * STEPS if interval == "step" else EPOCHS):
        made.step()


@pytest.mark.parametrize("name", KINDS)
def test_a_run_says_no_more_than_there_is(optimizer, name):
    kind = KINDS[name]
    assert not {*kind.said} & {*kind.arguments}
    assert "optimizer" not in kind.arguments


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plateau", "got plateau, needs one of cosine, exponential, linear, multi-step, one-cycle, "),
        ("step", "got no step_size, needs step,step_size=..."),
        ("exponential", "got no gamma, needs exponential,gamma=..."),
        ("one-cycle,max_lr=3", "got 'max_lr=3', needs NAME=VALUE with a name of pct_start, "),
        ("cosine,eta_min=", "got 'eta_min=', needs NAME=VALUE with a name of eta_min"),
        ("cosine,", "got '', needs NAME=VALUE with a name of eta_min"),
    ],
)
def test_texts_that_are_refused(text, message):
    with pytest.raises(ValueError, match=r"^--lr-schedule ") as error:
        Schedule("--lr-schedule", text)
    assert str(error.value).startswith(f"--lr-schedule {text}: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exponential,gamma=x", "ExponentialLR: gamma: got 'x', needs a number"),
        ("step,step_size=1.5", "StepLR: step_size: got 1.5, needs an integer"),
        ("one-cycle,pct_start=2", "OneCycleLR: pct_start: got 2, needs a number from 0 to 1"),
        ("multi-step,milestones=1:a", "MultiStepLR: milestones[1]: got 'a', needs an integer"),
    ],
)
def test_values_that_are_refused(optimizer, text, message):
    with pytest.raises(ValueError, match=r"^--lr-schedule ") as error:
        Schedule("--lr-schedule", text).make(optimizer, EPOCHS, STEPS)
    assert str(error.value) == f"--lr-schedule {text}: {message}"
