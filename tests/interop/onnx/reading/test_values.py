import numpy as np
import pytest

from fastconv.interop.onnx.reading.values import MOST_MADE, Budget, Constant, Data


def test_a_constant_is_known_where_it_does_not_depend_on_the_inputs_size():
    assert Constant.of(np.array([1])).known
    assert Constant(np.array([1, 2]), np.array([1, 2])).known
    assert not Constant(np.array([1, 2]), np.array([1, 3])).known
    assert not Constant(np.array([1]), np.array([1, 1])).known


def test_open_sizes_are_those_that_differ():
    data = Data("a", ((1009, 3, 672), (2003, 3, 896)))
    assert data.known() == (None, 3, None)
    assert data.rank == 3
    assert Data("a", None).known() is None
    assert Data("a", None).rank is None


def test_a_budget_counts_what_is_made():
    budget = Budget(100)
    budget.take(MOST_MADE)
    budget.allow(10, 10)
    budget.take(99)
    with pytest.raises(
        ValueError, match=r"got an array of shape \(2, 1\), needs at most 1 more elements in all"
    ):
        budget.take(2, 1)
    with pytest.raises(ValueError, match="got an array of 9 axes"):
        budget.allow(*(2,) * 9)
