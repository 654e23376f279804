import json

import pytest

from fastconv.optim import lr_scheduler
from fastconv.optim.lr_scheduler.description import KINDS, build, description
from tests.optim.lr_scheduler.rates import optimizer
from tests.optim.lr_scheduler.test_scheduler import SCHEDULES


def sequence(subject):
    parts = [SCHEDULES["LinearLR"](subject), SCHEDULES["MultiStepLR"](subject)]
    return lr_scheduler.SequentialLR(subject, parts, [3])


ALL = {**SCHEDULES, "ReduceLROnPlateau": lr_scheduler.ReduceLROnPlateau, "SequentialLR": sequence}


def test_every_schedule_can_be_described():
    assert {*KINDS} == {*ALL} == {*lr_scheduler.__all__} - {"LRScheduler"}


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_a_schedule_is_built_from_its_description(make):
    first, second = optimizer(), optimizer()
    made = make(first)
    built = build(json.loads(json.dumps(description(made))), second)
    assert type(built) is type(made)
    assert repr(built) == repr(made)
    assert built.state_dict() == made.state_dict()
    assert first.state_dict() == second.state_dict()


def test_schedules_of_ones_own_are_refused():
    class StepLR(lr_scheduler.StepLR):
        """Another class of a known name."""

    subject = optimizer()
    mine = StepLR(subject, 2)
    for schedule in (mine, lr_scheduler.SequentialLR(subject, [mine], [])):
        with pytest.raises(ValueError, match=r"^save: lr_scheduler: got 'StepLR', needs one of fastconv's"):
            description(schedule)
    with pytest.raises(ValueError, match=r"^lr_scheduler: got 'Mine', needs one of CosineAnnealingLR, "):
        build({"class": "Mine"}, subject)
