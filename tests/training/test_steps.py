"""Which batches have a plan."""

import copy
import pickle

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim
from fastconv.plan.cache import MOST
from fastconv.plan.passes import Passes
from fastconv.plan.step import Step
from fastconv.training.descent import Descent
from fastconv.training.steps import Steps

pytestmark = pytest.mark.usefixtures("compiled")


def steps():
    model = nn.Sequential(nn.Linear(3, 2), seed=0)
    return Steps(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))


RULE, NAMES = optim.SGD({"0.weight": np.zeros(1, np.float32)}, lr=0.1), frozenset({"0.weight", "0.bias"})
DESCENT, CLIPPED = Descent(RULE, NAMES, None), Descent(RULE, NAMES, 1.0)


def batch(samples=4, weight=None):
    return np.ones((samples, 3), np.float32), np.zeros(samples, np.int64), weight


def test_one_plan_for_a_kind_of_batch():
    found = steps()
    plan = found.of(batch(), DESCENT)
    assert found.of(batch(), DESCENT) is plan is not None
    assert found.of(batch(5), DESCENT) is not plan
    for samples in range(1, 20):
        found.of(batch(samples), DESCENT)
    assert len(found._found) == MOST


def test_both_passes_where_the_rest_is_pythons():
    found = steps()
    assert isinstance(found.of(batch(), DESCENT), Step)
    passes = found.of(batch(weight=np.ones(4, np.float32)), DESCENT)
    assert isinstance(passes, Passes)
    assert found.of(batch(), CLIPPED) is passes is found.latest


def test_no_samples_have_no_plan():
    found = steps()
    assert found.of(batch(0), DESCENT) is None
    assert "no samples" in str(found.latest)


def test_a_plan_is_asked_for():
    with fc.config(plan=False):
        assert steps().of(batch(), DESCENT) is None
    with fc.backend("reference"):
        assert steps().of(batch(), DESCENT) is None


def test_names_of_gradients_are_checked():
    other = Descent(RULE, frozenset({"0.weight"}), None)
    found = steps()
    assert found.of(batch(), other) is None
    assert "got 0.bias, which is not among the model's parameters" in str(found.latest)


def test_plans_share_their_memory():
    found = steps()
    large, small = (found.of(batch(samples), DESCENT) for samples in (40, 7))
    assert small.memory is large.memory


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_of_a_trainer_begin_without_plans(copied):
    model = nn.Sequential(nn.Linear(3, 2), seed=0)
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    x, y, _ = batch()
    trainer.step(x, y)
    other = copied(trainer)
    assert "no step yet" in str(other.plan)
    assert other.step(x, y) == trainer.step(x, y)
    assert isinstance(other.plan, Step)
