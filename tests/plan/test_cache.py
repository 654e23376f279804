"""Plans are found by the kind of the input, and made anew where something changed."""

import copy
import pickle

import numpy as np

import fastconv as fc
from fastconv.attributes import changed
from fastconv.plan.cache import MOST, Plans, Since
from fastconv.plan.record import UnplannedError

X = np.zeros((2, 3), np.float32)


def make_counted():
    made = []

    def make(x):
        made.append(x.shape)
        if x.shape == (1, 1):
            raise UnplannedError("so")
        return lambda x: x

    return make, made


def find(plans, x, make):
    return plans.prediction(x, make)


def test_one_plan_for_a_kind_of_input():
    plans, (make, made) = Plans(), make_counted()
    first = find(plans, X, make)
    assert find(plans, X.copy(), make) is first
    for other in (X[:1], X.T, X.astype(np.float64)):
        assert find(plans, other, make) is not first
    assert len(made) == 4
    for renew in (changed, lambda: fc.set_num_threads(fc.get_num_threads())):
        renew()
        assert find(plans, X, make) is not first
    assert len(made) == 6


def test_where_there_is_none():
    plans, (make, made) = Plans(), make_counted()
    for _ in range(3):
        assert find(plans, X[:1, :1], make) is None
    assert len(made) == 1
    with fc.backend("reference"):
        assert find(plans, X, make) is None
    with fc.config(plan=False):
        assert find(plans, X, make) is None
    assert len(made) == 1


def test_the_oldest_is_forgotten():
    plans, (make, made) = Plans(), make_counted()
    for size in range(MOST + 3):
        find(plans, np.zeros((2, size), np.float32), make)
    assert len(plans._found) == MOST
    find(plans, np.zeros((2, 0), np.float32), make)
    assert len(made) == MOST + 4


def test_copies_are_empty():
    plans, (make, _) = Plans(), make_counted()
    find(plans, X, make)
    assert not copy.deepcopy(plans)._found and not pickle.loads(pickle.dumps(plans))._found


def test_since():
    assert not Since().holds()
    since = Since(now=True)
    assert since.holds()
    changed()
    assert not since.holds()
