"""What both halves of a training plan need lies in one memory."""

import numpy as np

import fastconv as fc
from fastconv import nn, optim

X, Y = np.ones((4, 3), np.float32), np.zeros(4, np.int64)


def plan_of(clip_norm=None, **options):
    model = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5, seed=1), nn.ReLU(), nn.Linear(5, 2), seed=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(**options), optimizer, clip_norm=clip_norm)
    trainer.step(X, Y)
    return trainer.plan


def test_the_halves_are_parts_of_one_program():
    for plan in (plan_of(), plan_of(clip_norm=1.0)):
        assert 0 < plan._split < len(plan._instance.steps)
        assert plan.memory is plan._instance.memory


def test_python_fills_the_masks_before_the_first_half():
    plan = plan_of()
    (mask,) = plan._instance.filled
    assert np.may_share_memory(mask, plan.memory)
    before = mask.copy()
    plan.forward(X, Y)
    assert (mask != before).any()


def test_a_refusal_of_the_first_half_is_seen():
    plan = plan_of()
    assert not plan.forward(X, Y)[2]
    assert plan.forward(X, np.array([0, 1, 2, 0]))[2]
