import numpy as np

from fastconv import nn
from fastconv.training.alone import Alone
from fastconv.training.batches import Needs, batches

X = np.arange(10, dtype=np.float32).reshape(5, 2)
Y = np.array([0, 1, 0, 1, 1])


def run():
    model = nn.Sequential(nn.Linear(2, 2, seed=0))
    needs = Needs(model, nn.CrossEntropyLoss(), np.dtype(np.float32))
    return Alone(model), batches("fit", X, Y, 2, needs)


def test_batches_are_taken_whole():
    alone, data = run()
    with alone.epoch(data, None) as taken:
        assert [len(x) for x, _, _ in taken] == [2, 2, 1]
    assert alone.share((X, Y, None))[0] is X
    assert [*alone.own(lambda rank, ranks: [(rank, ranks)])] == [(0, 1)]


def test_an_augmentation_depends_on_the_seeds_and_the_batch():
    alone, data = run()

    def noise(x, y, rng):
        return x + rng.random(x.shape, np.float32), y

    runs = []
    for epoch in (0, 0, 1):
        with alone.epoch(data, None, noise, 3, epoch) as taken:
            runs.append(np.concatenate([x for x, _, _ in taken]))
    assert np.array_equal(runs[0], runs[1])
    assert not np.isclose(runs[0], runs[2]).any()


def test_forward_gives_the_gradients():
    alone, _ = run()
    output, y, weight, backward = alone.forward((X, Y, None))
    assert y is Y
    assert weight is None
    gradients = backward(np.ones_like(output))
    np.testing.assert_allclose(gradients["0.weight"], np.tile(X.sum(axis=0), (2, 1)))
    assert np.array_equal(alone.predict((X, Y, None))[0], output)
