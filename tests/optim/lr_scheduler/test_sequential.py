import pytest

from fastconv.optim.lr_scheduler import (
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from tests.optim.lr_scheduler.rates import optimizer, rates


def test_a_warm_up_and_what_follows():
    subject = optimizer()
    schedule = SequentialLR(
        subject, [LinearLR(subject, 0.5, total_iters=2), ExponentialLR(subject, 0.5)], [3]
    )
    assert rates(schedule, 6) == pytest.approx([0.5, 0.75, 1, 1, 0.5, 0.25, 0.125], rel=1e-14)


def test_a_schedule_begins_with_the_rates_that_the_groups_began_with():
    subject = optimizer()
    parts = [
        StepLR(subject, 1, 0.25),
        MultiStepLR(subject, [0, 1], 0.5),
        LinearLR(subject, 0.5, total_iters=1),
    ]
    assert rates(SequentialLR(subject, parts, [2, 4]), 5) == pytest.approx([1, 0.25, 0.5, 0.25, 0.5, 1])


@pytest.mark.parametrize("place", [0, 1])
def test_a_sequence_inside_a_sequence(place):
    subject = optimizer()
    inner = SequentialLR(subject, [ExponentialLR(subject, 0.5), LinearLR(subject, 0.25, total_iters=1)], [2])
    other = StepLR(subject, 1, 0.125)
    schedule = SequentialLR(
        subject, [inner, other] if place == 0 else [other, inner], [3 if place == 0 else 1]
    )
    expected = [1, 0.5, 0.25, 1, 0.125] if place == 0 else [1, 1, 0.5, 0.25, 1]
    assert rates(schedule, 4) == pytest.approx(expected)


def test_a_state_reaches_the_schedules_inside():
    def make(subject):
        return SequentialLR(subject, [LinearLR(subject), StepLR(subject, 2, 0.5)], [2])

    first, second = optimizer(), optimizer(lrs=(7.0, 7.0))
    a, b = make(first), make(second)
    for _ in range(3):
        a.step()
    second.load_state_dict(first.state_dict())
    b.load_state_dict(a.state_dict())
    assert rates(a, 4) == rates(b, 4)
    before = b.state_dict()
    state = a.state_dict()
    for wrong in (
        {**state, "schedulers": state["schedulers"][:1]},
        {**state, "schedulers": [state["schedulers"][0], {**state["schedulers"][1], "gamma": -1}]},
        {**state, "milestones": [1, 2]},
        {"milestones": [2]},
        3,
    ):
        with pytest.raises((TypeError, ValueError), match=r"^(SequentialLR|StepLR): "):
            b.load_state_dict(wrong)
    assert b.state_dict() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: SequentialLR(o, [], []), "schedulers: got none, needs at least one schedule"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)], [1]), "milestones: got 1 milestones, needs 0, one fewer"),
        (lambda o: SequentialLR(o, [StepLR], []), r"schedulers\[0\]: got the class StepLR"),
        (lambda o: SequentialLR(o, 3, []), "schedulers: got 3, needs a list of schedules"),
        (lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []), r"schedulers\[0\]: got ReduceLROnPlateau"),
        (
            lambda o: SequentialLR(o, [StepLR(optimizer(), 1)], []),
            r"schedulers\[0\]: got a schedule of another optimizer, needs this one's",
        ),
    ],
)
def test_arguments_are_checked(make, message):
    with pytest.raises((TypeError, ValueError), match=f"^SequentialLR: {message}"):
        make(optimizer())
