import numpy as np
import pytest

from fastconv.training.parallel import buckets
from fastconv.training.parallel.buckets import Buckets, Filling, add_up

ARRAYS = {
    "a": np.arange(6.0).reshape(2, 3),
    "b": np.arange(4.0) + 10,
    "c": np.float32([1, 2]),
    "d": np.array(7.0),
}


def test_arrays_come_back_as_they_were():
    laid = Buckets(ARRAYS)
    filling = Filling(laid)
    filling(ARRAYS)
    for name, array in laid.arrays(filling.vectors).items():
        assert array.dtype == ARRAYS[name].dtype
        assert np.array_equal(array, ARRAYS[name])
    assert laid.names == [{"a", "b", "d"}, {"c"}]


def test_a_bucket_has_a_size(monkeypatch):
    monkeypatch.setattr(buckets, "SIZE", 48)
    assert Buckets(ARRAYS).names == [{"a"}, {"b", "d"}, {"c"}]
    assert Buckets({"large": np.zeros(100), "a": np.zeros(2)}).names == [{"large"}, {"a"}]


def test_a_full_bucket_is_told_once():
    told = []
    filling = Filling(Buckets(ARRAYS), told.append)
    filling({"b": ARRAYS["b"], "unknown": ARRAYS["b"]})
    assert told == []
    filling({"a": ARRAYS["a"], "b": np.full(4, np.nan)})
    assert told == []
    filling({"d": ARRAYS["d"]})
    assert told == [0]
    filling({**ARRAYS, "a": None})
    assert told == [0, 1]
    assert filling.vectors[0].tolist() == [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 7]


def test_a_gradient_that_is_missing_in_one_shard():
    with pytest.raises(ValueError, match="gradients: got None for a, needs one in each shard or in none"):
        Filling(Buckets(ARRAYS))({"a": None})


def test_sums_are_added_in_the_order_of_the_programs():
    """1e16 + 1 rounds the 1 away: the order shows in the result."""
    laid = Buckets({"a": np.zeros(1), "b": np.zeros(1, np.float32)})
    values = [1e16, 1.0, 1.0, -1e16]
    found = {}

    def leaf(shard, put):
        put({"b": np.float32([shard])})
        put({"a": np.array([values[shard]])})

    def ready(bucket, sums):
        found[bucket] = [vector.tolist() for vector in sums]

    one = ((0, 1), (1, 2), None, (2, 3), (3, 4), None, None)
    add_up([one], laid, leaf, ready)
    assert found == {0: [[(1e16 + 1.0) + (1.0 - 1e16)]], 1: [[6.0]]}
    add_up([((1, 2), (2, 3), None), ((3, 4),)], laid, leaf, ready)
    assert found == {0: [[2.0], [-1e16]], 1: [[3.0], [3.0]]}


def test_a_rank_without_samples():
    found = []
    add_up([], Buckets(ARRAYS), lambda shard, put: None, lambda bucket, sums: found.append((bucket, sums)))
    assert found == [(0, []), (1, [])]
