"""Figures of regressions are those of scikit-learn."""

import numpy as np
import pytest

from fastconv.training.metrics import R2, MeanAbsoluteError

RNG = np.random.default_rng(0)
TARGET = RNG.normal(size=(31, 2))
OUTPUT = TARGET + 0.5 * RNG.normal(size=TARGET.shape)
WEIGHT = RNG.random(31)
each_weight = pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])


def seen(metric, *arrays, size=7):
    for start in range(0, len(arrays[0]), size):
        metric.update(*(array[start : start + size] for array in arrays))
    return metric.result()


@each_weight
@pytest.mark.parametrize("size", [1, 7, 31])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_they_are_those_of_scikit_learn(weight, size, shift):
    module = pytest.importorskip("sklearn.metrics")
    output, target = OUTPUT + shift, TARGET + shift
    arrays = (output, target) if weight is None else (output, target, weight)
    weighted = weight is not None
    error = module.mean_absolute_error(target, output, sample_weight=weight)
    share = module.r2_score(target, output, sample_weight=weight)
    assert seen(MeanAbsoluteError(weighted), *arrays, size=size) == pytest.approx(error, rel=1e-9)
    assert seen(R2(weighted), *arrays, size=size) == pytest.approx(share, rel=1e-8)


@pytest.mark.parametrize(("output", "share"), [(3.0, 1.0), (2.0, 0.0)])
def test_targets_that_are_all_equal(output, share):
    assert seen(R2(), np.full((5, 1), output), np.full((5, 1), 3.0), size=2) == share


def test_samples_without_weight_do_not_count():
    weight = np.where(np.arange(31) < 10, 0.0, 1.0)
    for kind in (R2, MeanAbsoluteError):
        expected = seen(kind(), OUTPUT[10:], TARGET[10:])
        assert seen(kind(weighted=True), OUTPUT, TARGET, weight) == pytest.approx(expected, rel=1e-12)
        assert np.isnan(seen(kind(weighted=True), OUTPUT, TARGET, np.zeros(31)))


def test_images_are_columns():
    flat = seen(R2(), OUTPUT, TARGET)
    assert seen(R2(), OUTPUT[:, :, None], TARGET[:, :, None]) == pytest.approx(flat, rel=1e-12)
