"""The area is that of scikit-learn, exact over all samples."""

import math

import numpy as np
import pytest

from fastconv.training.metrics import AUC

RNG = np.random.default_rng(0)
N = 60
WEIGHT = RNG.random(N)
each_weight = pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])


def seen(metric, *arrays, size=7):
    for start in range(0, len(arrays[0]), size):
        metric.update(*(array[start : start + size] for array in arrays))
    return metric.result()


def expected(*data, **options):
    return pytest.importorskip("sklearn.metrics").roc_auc_score(*data, **options)


@each_weight
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("form", ["(N, 1)", "(N,)", "two classes"])
def test_two_classes(weight, ties, form):
    score = RNG.normal(size=N)
    yes = (score + RNG.normal(size=N) > 0).astype(np.int64)
    score = np.round(score) if ties else score
    output = {"(N, 1)": score[:, None], "(N,)": score, "two classes": np.stack([-score, score], axis=1)}[form]
    target = {"(N, 1)": yes[:, None] * 1.0, "(N,)": yes * 1.0, "two classes": yes}[form]
    metric = AUC(None if form == "two classes" else 0.0, weighted=weight is not None)
    arrays = (output, target) if weight is None else (output, target, weight)
    assert seen(metric, *arrays) == pytest.approx(expected(yes, score, sample_weight=weight), rel=1e-12)


@each_weight
def test_several_classes_against_the_rest(weight):
    output, labels = RNG.normal(size=(N, 4)), RNG.integers(0, 4, N)
    powers = np.exp(output)
    shares = powers / powers.sum(axis=1, keepdims=True)
    score = 0.0
    for c in range(4):
        score += expected(labels == c, shares[:, c], sample_weight=weight) / 4
    arrays = (output, labels) if weight is None else (output, labels, weight)
    assert seen(AUC(weighted=weight is not None), *arrays) == pytest.approx(score, rel=1e-12)
    if weight is None:
        assert score == pytest.approx(expected(labels, shares, multi_class="ovr"), rel=1e-12)


def test_a_class_that_is_missing_has_no_area():
    output = RNG.normal(size=(N, 3))
    labels = RNG.integers(0, 2, N)
    assert math.isfinite(seen(AUC(), output, labels))
    assert math.isnan(seen(AUC(), output, np.zeros(N, np.int64)))
    assert math.isnan(seen(AUC(0.0), np.where(output > 1, np.nan, output)[:, :1], labels[:, None]))


def test_it_keeps_copies():
    metric, output, target = AUC(), np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])
    metric.update(output, target)
    output[:], target[:] = output[::-1].copy(), 0
    assert metric.result() == 1
