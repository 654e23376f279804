"""Arrays as batches."""

import numpy as np
import pytest

import fastconv
from fastconv import nn, optim
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


@pytest.mark.parametrize(
    "given", [{"batch_size": 6}, {"batch_size": 1}, {"batch_size": 2, "validation_split": 0.25}], ids=str
)
def test_one_sample_left_for_a_batch_norm_is_told_before_the_first_step(given):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(), seed=0)
    trainer = fastconv.Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    (generator,) = model.generators().values()
    before, stream = model.state_dict(), repr(generator.bit_generator.state)
    with pytest.raises(
        ValueError,
        match=r"fit: batch_size: got \d for [57] samples, which leaves one for the last batch, needs "
        r"another size \(in 1 \(BatchNorm1d\): x: got shape \(1, 2\), needs more than one value",
    ):
        trainer.fit(X, Y, progress=False, **given)
    assert all(np.array_equal(array, before[name]) for name, array in model.state_dict().items())
    assert repr(generator.bit_generator.state) == stream
    trainer.fit(X, Y, batch_size=5, progress=False)
    model.freeze("1")
    trainer.fit(X, Y, progress=False, **given)
