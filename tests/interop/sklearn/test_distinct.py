import numpy as np
import pytest

pytest.importorskip("sklearn")
module = pytest.importorskip("fastconv.interop.sklearn.distinct")

X = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [1.0, 2.0], [5.0, 6.0]])
Y = np.array([0, 1, 0, 1, 2])


def as_dict(x, y, weight):
    return {(*map(float, row), int(label)): float(w) for row, label, w in zip(x, y, weight, strict=True)}


def test_equal_samples_are_one_and_those_without_weight_none():
    found = module.distinct(X, Y, np.array([0.5, 2.0, 0.25, 1.0, 0.0]))
    assert as_dict(*found) == {(1, 2, 0): 0.75, (3, 4, 1): 2.0, (1, 2, 1): 1.0}
    assert len(found[0]) == 3


def test_the_order_is_that_of_the_content():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 2, 3)), rng.integers(0, 3, 50)
    counts = rng.integers(0, 4, 50)
    repeated = rng.permutation(np.repeat(np.arange(50), counts))
    weighted = module.distinct(x, y, counts.astype(float))
    for a, b in zip(weighted, module.distinct(x[repeated], y[repeated], np.ones(len(repeated))), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(weighted[0]) == np.count_nonzero(counts)


def test_a_view_counts_as_its_values_do():
    x = np.arange(24.0).reshape(2, 3, 4)
    other = np.ascontiguousarray(x.transpose(0, 2, 1)).transpose(0, 2, 1)
    np.testing.assert_array_equal(*(module.distinct(a, Y[:2], np.ones(2))[0] for a in (x, other)))


def test_nothing_is_left_of_samples_without_weight():
    x, y, weight = module.distinct(X, Y, np.zeros(5))
    assert (x.shape, y.shape, weight.shape) == ((0, 2), (0,), (0,))
