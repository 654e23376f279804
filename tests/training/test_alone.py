import numpy as np
import pytest

import fastconv as fc
from fastconv import grad, nn, optim
from fastconv.training.alone import Alone
from fastconv.training.batches import Needs, batches
from fastconv.training.descent import Descent

X = np.arange(10, dtype=np.float32).reshape(5, 2)
Y = np.array([0, 1, 0, 1, 1])


def run():
    model, loss = nn.Sequential(nn.Linear(2, 2, seed=0)), nn.CrossEntropyLoss()
    needs = Needs(model, loss, np.dtype(np.float32))
    alone = Alone(model, loss, optim.SGD(model.parameters(), lr=1.0))
    return alone, batches("fit", X, Y, 2, needs)


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


@pytest.mark.parametrize("planned", [False, True])
def test_a_step_in_two_halves(planned, compiled):
    with fc.config(plan=planned):
        half_by_half()


def half_by_half():
    alone, _ = run()
    weight = alone.model[0].weight.copy()
    descent = Descent(alone.optimizer, frozenset(alone.model.parameters()), None)
    half = alone.forward((X, Y, None), descent)
    assert half.y is Y
    assert half.weight is None
    assert np.array_equal(half.output, alone.predict((X, Y, None))[0])
    assert half.loss == alone.loss(half.output, Y)
    assert np.array_equal(alone.model[0].weight, weight)
    half.update()
    slope = grad.cross_entropy_input(half.output, Y)
    np.testing.assert_allclose(alone.model[0].weight, weight - slope.T @ X, rtol=1e-6)
    assert alone.optimizer.steps == 1


def test_what_an_operation_refuses_is_an_error(compiled):
    alone, _ = run()
    descent = Descent(alone.optimizer, frozenset(alone.model.parameters()), None)
    alone.forward((X, Y, None), descent)
    with pytest.raises(ValueError, match="target: got 2 at index 4"):
        alone.forward((X, np.array([0, 1, 0, 1, 2]), None), descent)
