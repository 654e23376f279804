import math

import numpy as np
import pytest

from fastconv import metrics, nn

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


def test_the_default_suits_the_loss():
    assert metrics.for_loss(nn.MSELoss()) == {}
    assert metrics.for_loss(nn.BCEWithLogitsLoss()) == {"accuracy": metrics.binary_accuracy}
    accuracy = metrics.for_loss(nn.CrossEntropyLoss(ignore_index=1))["accuracy"]
    assert accuracy(LOGITS, np.array([1, 1, 0])).tolist() == [False]


def test_metrics_have_names():
    def error(output, target):
        return abs(output - target)

    loss = nn.BCEWithLogitsLoss()
    assert metrics.named([error, "accuracy"], loss) == {"error": error, "accuracy": metrics.binary_accuracy}
    assert metrics.named({"mine": error}, loss) == {"mine": error}
    assert metrics.named((), loss) == {}


def test_an_unknown_name_is_told():
    with pytest.raises(ValueError, match=r"Trainer: metrics: got 'f1', needs functions .* or 'accuracy'"):
        metrics.named(["f1"], nn.CrossEntropyLoss())
    with pytest.raises(
        ValueError, match=r"Trainer: metrics: got 'accuracy', needs functions of \(output, target\)$"
    ):
        metrics.named(["accuracy"], nn.MSELoss())


def test_a_mean_counts_values_or_samples():
    mean = metrics.Mean()
    assert math.isnan(mean.value)
    mean.add(np.array([True, False, True]), 3)
    mean.add(np.array([False]), 1)
    assert mean.value == 0.5
    mean.add(2.0, 4)
    assert mean.value == 10 / 8
    mean.add(np.array([]), 5)
    assert mean.value == 10 / 8
