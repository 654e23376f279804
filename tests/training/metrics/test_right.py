"""The share of predictions that are right."""

import numpy as np
import pytest

from fastconv.training import metrics

LOGITS = np.array([[0.1, 0.9], [2.0, -1.0], [0.0, 3.0]], np.float32)


def test_accuracy_is_one_value_a_sample():
    assert metrics.accuracy(LOGITS, np.array([1, 1, 1])).tolist() == [True, False, True]


def test_accuracy_of_probabilities_compares_the_likeliest_classes():
    target = np.array([[0.4, 0.6], [0.4, 0.6], [0.9, 0.1]], np.float32)
    assert metrics.accuracy(LOGITS, target).tolist() == [True, False, False]


def test_accuracy_of_pixels():
    output = np.zeros((1, 2, 2, 2), np.float32)
    output[0, 1, 0] = 1  # class 1 in the upper row
    assert metrics.accuracy(output, np.array([[[1, 0], [0, 1]]])).tolist() == [True, False, True, False]


def test_accuracy_does_not_count_what_is_ignored():
    assert metrics.accuracy(LOGITS, np.array([1, -100, 0])).tolist() == [True, False]
    assert metrics.accuracy(LOGITS, np.array([1, 1, 0]), ignore_index=1).tolist() == [False]


def test_binary_accuracy_has_its_threshold_at_the_logit_0():
    output = np.array([[-0.1], [0.1], [0.0], [5.0]])
    assert metrics.binary_accuracy(output, np.array([[0.0], [0.0], [0.0], [1.0]])).ravel().tolist() == [
        True,
        False,
        True,
        True,
    ]


def seen(metric, *batches):
    for batch in batches:
        metric.update(*batch)
    return metric.result()


def test_the_metric_is_the_mean_of_the_function():
    y = np.array([1, -100, 0])
    assert seen(metrics.Accuracy(), (LOGITS[:2], y[:2]), (LOGITS[2:], y[2:])) == 0.5
    assert seen(metrics.Accuracy(), (LOGITS, np.eye(2, dtype=np.float32)[[1, 1, 1]])) == pytest.approx(2 / 3)
    probabilities = np.array([[0.4], [0.6], [0.9]])
    assert seen(metrics.Accuracy(0.5), (probabilities, np.array([[0.0], [0.0], [1.0]]))) == pytest.approx(
        2 / 3
    )


def test_weighted_accuracy_of_pixels():
    output = np.zeros((1, 2, 2, 2), np.float32)
    output[0, 1, 0] = 1
    target, weight = np.array([[[1, 0], [0, -100]]]), np.array([[[1.0, 2.0], [5.0, 100.0]]])
    assert seen(metrics.Accuracy(weighted=True), (output, target, weight)) == pytest.approx(6 / 8)
    assert seen(metrics.Accuracy(weighted=True), (output, target, np.array([3.0]))) == pytest.approx(2 / 3)


@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_the_k_largest(k):
    rng = np.random.default_rng(0)
    output, labels = rng.normal(size=(50, 5)), rng.integers(0, 5, 50)
    best = np.argsort(-output, axis=1)[:, :k]
    expected = (best == labels[:, None]).any(axis=1).mean()
    assert seen(metrics.TopKAccuracy(k), (output[:20], labels[:20]), (output[20:], labels[20:])) == expected


def test_of_equal_outputs_the_first_is_the_larger():
    output = np.array([[1.0, 1.0, 0.0]] * 3)
    labels = np.array([0, 1, 2])
    assert [seen(metrics.TopKAccuracy(k), (output, labels)) for k in (1, 2, 3)] == [1 / 3, 2 / 3, 1.0]
    assert seen(metrics.TopKAccuracy(2), (np.array([[np.nan, 1.0, 0.0]] * 3), labels)) == 1 / 3
