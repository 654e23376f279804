"""What metrics share."""

import math

import numpy as np
import pytest

from fastconv.training import metrics
from fastconv.training.metrics import Mean


def test_a_mean_counts_values_or_samples():
    mean = Mean()
    assert math.isnan(mean.value)
    mean.add(np.array([True, False, True]), 3)
    mean.add(np.array([False]), 1)
    assert mean.value == 0.5
    mean.add(2.0, 4)
    assert mean.value == 10 / 8
    mean.add(np.array([]), 5)
    mean.add(math.nan, 0)
    assert mean.value == 10 / 8


CLASS_METRICS = [
    metrics.Accuracy(),
    metrics.TopKAccuracy(2),
    metrics.Precision(),
    metrics.Recall("micro"),
    metrics.F1(),
    metrics.AUC(),
]
NUMBER_METRICS = [metrics.MeanAbsoluteError(), metrics.R2()]


def seen(metric, *batches):
    metric = metric.fresh()
    for batch in batches:
        metric.update(*batch)
    return metric.result()


@pytest.mark.parametrize("metric", CLASS_METRICS + NUMBER_METRICS, ids=lambda metric: type(metric).__name__)
def test_what_has_seen_nothing_is_no_number(metric):
    assert math.isnan(metric.result())
    if metric in CLASS_METRICS:
        assert math.isnan(seen(metric, (np.ones((2, 3)), np.array([-100, -100]))))


@pytest.mark.parametrize("metric", CLASS_METRICS + NUMBER_METRICS, ids=lambda metric: type(metric).__name__)
def test_reset_forgets(metric):
    rng = np.random.default_rng(0)
    output = rng.normal(size=(9, 3))
    target = rng.integers(0, 3, 9) if metric in CLASS_METRICS else rng.normal(size=(9, 3))
    first, second = (output[:5], target[:5]), (output[5:], target[5:])
    metric = metric.fresh()
    metric.update(*first)
    metric.reset()
    metric.update(*second)
    assert metric.result() == seen(metric, second)


@pytest.mark.parametrize("metric", CLASS_METRICS, ids=lambda metric: type(metric).__name__)
def test_pixels_are_samples_of_their_own(metric):
    rng = np.random.default_rng(0)
    output, target = rng.normal(size=(4, 3, 2, 5)), rng.integers(0, 3, (4, 2, 5))
    target[1:3, 0] = -100
    rows = np.moveaxis(output, 1, -1).reshape(-1, 3), target.reshape(-1)
    assert seen(metric, (output, target)) == pytest.approx(seen(metric, rows), rel=1e-12)


@pytest.mark.parametrize("metric", CLASS_METRICS, ids=lambda metric: type(metric).__name__)
@pytest.mark.parametrize(
    ("output", "target"),
    [
        (np.ones((2, 3)), np.ones(2)),
        (np.ones((2, 3)), np.ones((2, 1), int)),
        (np.ones(2), np.ones(2)),
        (np.ones((2, 3, 4)), np.ones((2, 3), int)),
    ],
)
def test_targets_that_are_no_classes_are_told(metric, output, target):
    kind = type(metric).__name__
    with pytest.raises(
        ValueError, match=rf"^{kind}: target: got outputs of shape .*, needs the class of each"
    ):
        seen(metric, (output, target))


@pytest.mark.parametrize(
    "metric", [metrics.R2(), metrics.MeanAbsoluteError(), metrics.F1(threshold=0), metrics.AUC(0.5)]
)
def test_targets_of_another_shape_are_told(metric):
    kind = type(metric).__name__
    with pytest.raises(
        ValueError, match=rf"^{kind}: target: got shape \(2,\), needs \(2, 1\) as the output$"
    ):
        seen(metric, (np.ones((2, 1)), np.ones(2)))


def test_one_of_ones_own_defines_three_functions():
    class Empty(metrics.Metric):
        """Nothing."""

    class Half(Empty):
        """Less than half."""

        def reset(self):
            pass

    with pytest.raises(NotImplementedError, match=r"^Empty defines no reset"):
        Empty()
    with pytest.raises(NotImplementedError, match=r"^Half defines no update"):
        Half().update(np.ones(1), np.ones(1))
    with pytest.raises(NotImplementedError, match=r"^Half defines no result"):
        Half().result()
