import math

import pytest

from fastconv.optim.lr_scheduler import ReduceLROnPlateau
from tests.optim.lr_scheduler.rates import optimizer


def course(schedule, figures):
    seen = []
    for figure in figures:
        schedule.step(figure)
        seen.append(schedule.get_last_lr()[0])
    return seen


def test_the_rate_falls_after_more_bad_steps_than_patience():
    schedule = ReduceLROnPlateau(optimizer(), factor=0.5, patience=1)
    assert course(schedule, [3, 2, 2, 2, 2, 2, 1, 1]) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert (schedule.best, schedule.num_bad_epochs, schedule.last_epoch) == (1, 1, 8)


def test_steps_after_a_change_do_not_count():
    schedule = ReduceLROnPlateau(optimizer(), factor=0.5, patience=0, cooldown=2)
    assert course(schedule, [1, 1, 1, 1, 1]) == [1, 0.5, 0.5, 0.5, 0.25]


def test_what_is_better():
    def rate(figures, **options):
        return course(ReduceLROnPlateau(optimizer(), factor=0.5, patience=0, **options), figures)[-1]

    assert rate([1.0, 0.95], threshold=0.1) == 0.5
    assert rate([1.0, 0.85], threshold=0.1) == 1
    assert rate([10.0, 9.8], threshold=0.1, threshold_mode="abs") == 1
    assert rate([1.0, 1.05], threshold=0.1, mode="max") == 0.5
    assert rate([1.0, 1.15], threshold=0.1, mode="max") == 1
    assert rate([10.0, 10.2], threshold=0.1, threshold_mode="abs", mode="max") == 1
    assert rate([1.0, math.nan]) == 0.5


def test_no_rate_falls_below_the_least_nor_by_next_to_nothing():
    subject = optimizer()
    schedule = ReduceLROnPlateau(subject, factor=0.5, patience=0, min_lr=[0.75, 0.0], eps=0.2)
    course(schedule, [1, 1, 1])
    assert schedule.get_last_lr() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "lowest"}, "mode: got 'lowest', needs 'min' or 'max'"),
        ({"factor": 1}, "factor: got 1, needs a number from 0, below 1"),
        ({"patience": -1}, "patience: got -1"),
        ({"threshold": math.inf}, "threshold: got inf"),
        ({"threshold_mode": 1}, "threshold_mode: got 1, needs 'rel' or 'abs'"),
        ({"cooldown": 0.5}, "cooldown: got 0.5"),
        ({"min_lr": [0.1]}, "min_lr: got 1 numbers, needs one for each group, 2 in all"),
        ({"min_lr": [0.1, -1]}, r"min_lr\[1\]: got -1"),
        ({"eps": None}, "eps: got None"),
    ],
    ids=str,
)
def test_arguments_are_checked(options, message):
    with pytest.raises((TypeError, ValueError), match=f"^ReduceLROnPlateau: {message}"):
        ReduceLROnPlateau(optimizer(), **options)


def test_a_figure_is_a_number():
    schedule = ReduceLROnPlateau(optimizer())
    with pytest.raises(TypeError, match=r"^ReduceLROnPlateau: metrics: got 'small', needs a number"):
        schedule.step("small")
    assert schedule.last_epoch == 0
