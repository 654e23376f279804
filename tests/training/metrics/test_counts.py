"""Precision, recall and F1 are those of scikit-learn."""

import math

import numpy as np
import pytest

from fastconv.training.metrics import F1, Precision, Recall

RNG = np.random.default_rng(0)
OUTPUT = RNG.normal(size=(40, 4))
LABELS = RNG.integers(0, 3, 40)
OUTPUT[LABELS == 1, 1] += 1
OUTPUT[:, 3] = -9  # the class 3 is neither there nor predicted
WEIGHT = RNG.random(40)
KINDS = {Precision: "precision_score", Recall: "recall_score", F1: "f1_score"}
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def seen(metric, *arrays, size=7):
    for start in range(0, len(arrays[0]), size):
        metric.update(*(array[start : start + size] for array in arrays))
    return metric.result()


def expected(kind, *data, **options):
    module = pytest.importorskip("sklearn.metrics")
    return getattr(module, KINDS[kind])(*data, zero_division=0, **options)


@each_kind
@pytest.mark.parametrize("average", ["macro", "micro"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_averages(kind, average, weight):
    arrays = (OUTPUT, LABELS) if weight is None else (OUTPUT, LABELS, weight)
    got = seen(kind(average, weighted=weight is not None), *arrays)
    predicted = OUTPUT.argmax(axis=1)
    score = expected(kind, LABELS, predicted, average=average, sample_weight=weight)
    assert got == pytest.approx(score, rel=1e-12)
    # Without being asked to, a metric does not see weights.
    assert seen(kind(average), OUTPUT, LABELS, WEIGHT) == seen(kind(average), OUTPUT, LABELS)


@each_kind
def test_each_class(kind):
    got = seen(kind(None, 4), OUTPUT, LABELS)
    score = expected(kind, LABELS, OUTPUT.argmax(axis=1), average=None, labels=range(4))
    assert list(got) == ["0", "1", "2", "3"]
    assert list(got.values()) == pytest.approx(score.tolist(), rel=1e-12)
    assert all(math.isnan(value) for value in kind(None, 4).result().values())


@each_kind
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_yes_and_no(kind, outputs, threshold):
    output = RNG.normal(size=(40, outputs))
    target = (output + RNG.normal(size=output.shape) > 0).astype(np.float32)
    score = expected(kind, target, output > threshold, average="macro" if outputs > 1 else "binary")
    assert seen(kind(threshold=threshold), output, target) == pytest.approx(score, rel=1e-12)


def test_yes_alone_is_no_average():
    output, target = -np.ones((3, 1)), np.zeros((3, 1))
    assert seen(Precision(threshold=0.0), output, target) == 0.0


def test_another_number_of_classes_is_told():
    with pytest.raises(ValueError, match=r"^F1: output: got 4 classes, needs 3 \(num_classes\)$"):
        F1(None, 3).update(OUTPUT, LABELS)
