"""Which batches have a plan."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim
from fastconv.training.steps import MOST, Steps

pytestmark = pytest.mark.usefixtures("compiled")


def steps():
    model = nn.Sequential(nn.Linear(3, 2), seed=0)
    return Steps(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))


def batch(samples=4, weight=None):
    return np.ones((samples, 3), np.float32), np.zeros(samples, np.int64), weight


def test_one_plan_for_a_kind_of_batch():
    found = steps()
    plan = found.of(batch(), lambda gradients: None)
    assert found.of(batch(), lambda gradients: None) is plan is not None
    assert found.of(batch(5), lambda gradients: None) is not plan
    for samples in range(1, 20):
        found.of(batch(samples), lambda gradients: None)
    assert len(found._found) == MOST


@pytest.mark.parametrize(
    "other", [batch(weight=np.ones(4, np.float32)), batch(0)], ids=["weights", "no samples"]
)
def test_batches_without_a_plan(other):
    assert steps().of(other, lambda gradients: None) is None


def test_a_plan_is_asked_for():
    with fc.config(plan=False):
        assert steps().of(batch(), lambda gradients: None) is None
    with fc.backend("reference"):
        assert steps().of(batch(), lambda gradients: None) is None


def test_names_of_gradients_are_checked():
    seen = []
    steps().of(batch(), lambda gradients: seen.append(sorted(gradients)))
    assert seen == [["0.bias", "0.weight"]]


def test_plans_share_their_memory():
    found = steps()
    large, small = (found.of(batch(samples), lambda gradients: None) for samples in (40, 7))
    assert small.memory is large.memory
