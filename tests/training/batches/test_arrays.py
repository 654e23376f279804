"""Arrays as batches."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.training.batches import ArrayBatches, Needs

X = np.arange(14, dtype=np.float32).reshape(7, 2)
Y = np.arange(7) % 2
NEEDS = Needs(nn.Linear(2, 2, seed=0), nn.CrossEntropyLoss(), np.dtype(np.float32))


def batches(size, rows=None, **arguments):
    return ArrayBatches("fit", NEEDS.take("fit", X, Y), size, NEEDS, rows=rows, **arguments)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize("rows", [None, np.array([1, 2, 5, 6])])
def test_an_epoch_has_each_sample_once(size, rows):
    data = batches(size, rows)
    there = np.arange(7) if rows is None else rows
    parts = list(data.epoch())
    assert len(parts) == data.length
    assert np.array_equal(np.concatenate([x for x, _, _ in parts]), X[there])
    mixed = np.concatenate([x for x, _, _ in data.epoch(np.random.default_rng(0))])
    assert not np.array_equal(mixed, X[there])
    assert np.array_equal(mixed[np.argsort(mixed[:, 0])], X[there])


def test_weights_go_with_their_samples():
    rows, weight = np.array([1, 2, 5, 6]), np.arange(7.0)
    data = batches(3, rows, sample_weight=weight, class_weight=[1, 10])
    for x, y, weights in data.epoch(np.random.default_rng(0)):
        assert np.array_equal(weights, x[:, 0] / 2 * np.where(y == 1, 10, 1))


def test_the_head_is_the_first_sample():
    for rows, first in ((None, 0), (np.array([3, 4]), 3)):
        ((x, y, weight),) = batches(4, rows, sample_weight=np.arange(7.0)).head()
        assert (x.tolist(), y.tolist(), weight.tolist()) == ([X[first].tolist()], [Y[first]], [first])


def test_parts_of_a_split_at_the_end_are_views():
    first, last = batches(4).split(0.3, 256)
    assert (first.count, last.count) == (4, 3)
    for part in (first, last):
        assert np.shares_memory(part.samples.x, X)
        assert all(np.shares_memory(x, X) for x, _, _ in part.epoch())
