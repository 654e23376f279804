"""Each schedule equals PyTorch's, step by step, in all groups, with the momentum that it moves."""

import numpy as np
import pytest

from fastconv import optim
from fastconv.optim import lr_scheduler
from tests.optim.lr_scheduler.rates import optimizer

pytestmark = pytest.mark.torch


def one_after_another(schedules, optimizer):
    return schedules.SequentialLR(
        optimizer,
        [
            schedules.LinearLR(optimizer, start_factor=0.25, total_iters=4),
            schedules.CosineAnnealingLR(optimizer, 6, eta_min=0.0625),
            schedules.MultiStepLR(optimizer, [0, 2]),
            schedules.ExponentialLR(optimizer, 0.5),
        ],
        [5, 12, 17],
    )


def warm_up_and_cycle(schedules, optimizer):
    warm_up = schedules.LinearLR(optimizer, 0.25, total_iters=3)
    cycle = schedules.OneCycleLR(optimizer, max_lr=[2.0, 1.0], total_steps=16)
    return schedules.SequentialLR(optimizer, [warm_up, cycle], [4])


def polynomial_then_steps(schedules, optimizer):
    first = schedules.PolynomialLR(optimizer, 4, power=2.0)
    return schedules.SequentialLR(optimizer, [first, schedules.StepLR(optimizer, 3)], [3])


def changed_twice(schedules, optimizer):
    """A second schedule of the same optimizer, which begins where the first one left off."""
    schedules.LinearLR(optimizer, 0.5)
    return schedules.ExponentialLR(optimizer, 0.75)


SCHEDULES = {
    "StepLR": lambda s, o: s.StepLR(o, 3, gamma=0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [4, 2, 9, 9], gamma=0.3),
    "MultiStepLR from 0": lambda s, o: s.MultiStepLR(o, [0, 3]),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 7),
    "CosineAnnealingLR up": lambda s, o: s.CosineAnnealingLR(o, T_max=5, eta_min=0.125),
    "CosineAnnealingLR 1": lambda s, o: s.CosineAnnealingLR(o, 1),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR down": lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=8),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "PolynomialLR 2": lambda s, o: s.PolynomialLR(o, total_iters=9, power=2.5),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 2.0, total_steps=20),
    "OneCycleLR epochs": lambda s, o: s.OneCycleLR(o, [2.0, 1.0], epochs=4, steps_per_epoch=5, pct_start=0.5),
    "OneCycleLR three": lambda s, o: s.OneCycleLR(o, 2.0, total_steps=20, three_phase=True, pct_start=0.4),
    "OneCycleLR linear": lambda s, o: s.OneCycleLR(
        o,
        2.0,
        total_steps=21,
        anneal_strategy="linear",
        base_momentum=[0.5, 0.6],
        max_momentum=0.9,
        div_factor=10.0,
        final_div_factor=100.0,
    ),
    "OneCycleLR rate alone": lambda s, o: s.OneCycleLR(o, 2.0, total_steps=20, cycle_momentum=False),
    "OneCycleLR at once": lambda s, o: s.OneCycleLR(o, 2.0, total_steps=20, pct_start=0.0),
    "SequentialLR": one_after_another,
    "SequentialLR of a cycle": warm_up_and_cycle,
    "SequentialLR of two": polynomial_then_steps,
    "two": changed_twice,
}


def rates_of(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def momenta(optimizer):
    return [group.get("momentum", group.get("betas")) for group in optimizer.param_groups]


def both(torch, name):
    """PyTorch's optimizer and ours, in the same two groups."""
    settings = {"momentum": 0.9} if name == "SGD" else {}
    tensors = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": [p], "lr": lr} for p, lr in zip(tensors, (1.0, 0.5), strict=True)]
    theirs = getattr(torch.optim, name)(groups, lr=1.0, **settings)
    for p in tensors:
        p.grad = torch.zeros(1)
    return theirs, optimizer(getattr(optim, name), **settings)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_rates_and_momenta_follow_pytorch(schedule, kind):
    torch = pytest.importorskip("torch")
    theirs, ours = both(torch, kind)
    expected, found = schedule(torch.optim.lr_scheduler, theirs), schedule(lr_scheduler, ours)
    for step in range(20):
        for column in (rates_of, momenta):
            np.testing.assert_allclose(column(ours), column(theirs), 1e-12, 1e-15, err_msg=f"step {step}")
        theirs.step()
        expected.step()
        found.step()
        if step == 10:  # a rate that is set by hand goes on from there
            for subject in (theirs, ours):
                subject.param_groups[1]["lr"] = 0.375


PLATEAUS = {
    "plain": {"patience": 1},
    "max": {"mode": "max", "patience": 0, "factor": 0.5},
    "abs": {"threshold_mode": "abs", "threshold": 0.5, "patience": 1, "cooldown": 2},
    "max abs": {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 2},
    "least": {"patience": 0, "min_lr": [0.05, 0.2], "factor": 0.25},
    "eps": {"patience": 0, "eps": 0.02},
}


@pytest.mark.parametrize("options", PLATEAUS.values(), ids=PLATEAUS)
def test_a_plateau_is_seen_as_pytorch_sees_it(options):
    torch = pytest.importorskip("torch")
    theirs, ours = both(torch, "SGD")
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    found = lr_scheduler.ReduceLROnPlateau(ours, **options)
    rng = np.random.default_rng(0)
    figures = [5.0, 4.0, 4.0, 3.9999, np.nan, 3.0, *(3 + rng.normal(size=30) / 4)]
    for figure in map(float, figures):
        expected.step(figure)
        found.step(figure)
        np.testing.assert_allclose(found.get_last_lr(), expected.get_last_lr(), rtol=1e-12)
        assert (found.best, found.num_bad_epochs) == (expected.best, expected.num_bad_epochs)


RESUMED = ("StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "LinearLR", "PolynomialLR")


@pytest.mark.parametrize("name", RESUMED)
@pytest.mark.parametrize("last_epoch", [0, 2, 3])
def test_last_epoch_goes_on_as_in_pytorch(name, last_epoch):
    torch = pytest.importorskip("torch")
    theirs, ours = both(torch, "SGD")
    options = {"StepLR": [3], "MultiStepLR": [[1, 3]], "ExponentialLR": [0.5], "CosineAnnealingLR": [6]}
    seen = []
    for subject, schedules in ((theirs, torch.optim.lr_scheduler), (ours, lr_scheduler)):
        for group in subject.param_groups:
            group["initial_lr"] = 2.0
        schedule = getattr(schedules, name)(subject, *options.get(name, []), last_epoch=last_epoch)
        seen.append([rates_of(subject)])
        for _ in range(6):
            theirs.step()
            schedule.step()
            seen[-1].append(rates_of(subject))
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-12)
