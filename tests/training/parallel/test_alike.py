import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.batches import Needs, batches
from fastconv.training.parallel import alike


class Ranks:
    """Two ranks, of which the second has what the test says."""

    ranks = 2

    def __init__(self, **others):
        self.others = others

    def objects(self, value):
        self.first = value
        return [value, {**value, **self.others}]


def check(ranks):
    model = nn.Sequential(nn.Linear(2, 2, seed=0))
    needs = Needs(model, nn.CrossEntropyLoss(), np.dtype(np.float32))
    data = batches("fit", np.ones((3, 2), np.float32), np.array([0, 1, 0]), 2, needs)
    alike.check(ranks, model, optim.SGD(model.parameters(), 0.1), {"batch_size": 2}, data)


def test_ranks_that_are_alike():
    ranks = Ranks()
    check(ranks)
    needed = {
        "Python",
        "numpy",
        "numba",
        "fastconv",
        "the program",
        "the CPU",
        "the parameters",
        "the samples x",
    }
    assert needed <= ranks.first.keys()


@pytest.mark.parametrize(
    ("name", "value"), [("numpy", "1.0"), ("batch_size", 3), ("the samples x", "0"), ("the CPU", "other")]
)
def test_the_first_that_differs_is_named(name, value):
    with pytest.raises(
        ValueError, match=f"^fit: parallel: got {name}: {value} on rank 1, needs .* as on rank 0"
    ):
        check(Ranks(**{name: value}))


def test_large_arrays_are_sampled(monkeypatch):
    array = np.arange(4000.0).reshape(1000, 4)
    monkeypatch.setattr(alike, "WHOLE", 100)
    monkeypatch.setattr(alike, "SAMPLE", 10)
    before = b"".join(alike._bytes(array))
    assert len(before) < 1000
    array[-1] = 0
    assert b"".join(alike._bytes(array)) != before
