import pytest

from fastconv.optim.lr_scheduler import ExponentialLR, MultiStepLR, StepLR
from tests.optim.lr_scheduler.rates import optimizer, rates


def test_steps():
    assert rates(StepLR(optimizer(), 2, gamma=0.5), 5) == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_milestones_in_any_order():
    assert rates(MultiStepLR(optimizer(), (3, 1, 3), gamma=0.5), 4) == [1, 0.5, 0.5, 0.125, 0.125]


def test_a_milestone_at_the_start():
    assert rates(MultiStepLR(optimizer(), [0, 2], gamma=0.5), 2) == [0.5, 0.5, 0.25]


def test_every_step():
    assert rates(ExponentialLR(optimizer(), 0.5), 3) == [1, 0.5, 0.25, 0.125]


def test_a_rate_that_is_set_by_hand_goes_on_from_there():
    subject = optimizer()
    schedule = ExponentialLR(subject, 0.5)
    subject.lr = 8.0
    schedule.step()
    assert schedule.get_last_lr() == [4.0, 4.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: StepLR(o, 0), "StepLR: step_size: got 0"),
        (lambda o: StepLR(o, 1.5), "StepLR: step_size: got 1.5, needs an integer"),
        (lambda o: StepLR(o, 1, gamma=-0.5), "StepLR: gamma: got -0.5"),
        (lambda o: MultiStepLR(o, 3), "MultiStepLR: milestones: got 3, needs a list of whole numbers"),
        (lambda o: MultiStepLR(o, [3, -1]), r"MultiStepLR: milestones\[1\]: got -1"),
        (lambda o: ExponentialLR(o, "0.5"), "ExponentialLR: gamma: got '0.5'"),
    ],
)
def test_arguments_are_checked(make, message):
    subject = optimizer()
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        make(subject)
    assert subject.lr == 1.0
