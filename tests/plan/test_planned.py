import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim
from fastconv.plan.planned import Unplanned


def test_a_prediction_as_a_table():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3), seed=0)
    plan = model.plan((1, 4, 4), batch_size=5)
    text = str(plan)
    assert text.startswith("prediction for (5, 1, 4, 4): ")
    assert plan.given == [(5, 1, 4, 4)]
    assert [row.operation for row in plan.rows()] == ["conv2d + relu", "reshape", "linear"]
    assert [row.layer for row in plan.rows()] == ["0", "2", "3"]
    assert repr(plan) == text and plan.bytes > 0
    x = np.zeros((5, 1, 4, 4), np.float32)
    model(x)
    assert model.plan((1, 4, 4), batch_size=5) is plan
    with pytest.raises(ValueError, match="in 0"):
        model.plan((2, 4, 4))


def test_a_step_as_a_table():
    model = nn.Sequential(nn.Linear(4, 3), seed=0)
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    assert str(trainer.plan) == "layer by layer: there was no step yet"
    trainer.step(np.zeros((2, 4), np.float32), np.zeros(2, np.int64))
    assert str(trainer.plan).startswith("step for (2, 4), (2,): ")
    assert [row.operation for row in trainer.plan.rows()][-1] == "sgd"


def test_why_there_is_none():
    class Own(nn.Layer):
        def forward(self, x, training=True):
            return x, lambda dy, input_gradient=True: (dy, {})

    assert str(nn.Sequential(Own()).plan((3,))) == "layer by layer: a layer of the user's"
    model = nn.Sequential(nn.Linear(4, 3), seed=0)
    with fc.config(plan=False):
        plan = model.plan((4,))
    assert isinstance(plan, Unplanned) and "config" in plan.reason
    assert isinstance(nn.Identity().plan((4,)), Unplanned)
