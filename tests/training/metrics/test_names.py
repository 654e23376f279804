"""Metrics by name."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.training import metrics
from fastconv.training.metrics.names import figure_names

LOGITS = np.array([[0.1, 0.9], [2.0, -1.0], [0.0, 3.0]], np.float32)


def test_the_default_suits_the_loss():
    assert metrics.for_loss(nn.MSELoss()) == {}
    assert metrics.for_loss(nn.BCEWithLogitsLoss()) == {"accuracy": metrics.binary_accuracy}
    probable = metrics.for_loss(nn.BCELoss())["accuracy"]
    outputs, targets = np.array([0.4, 0.6, 0.7]), np.array([0.0, 0.0, 1.0])
    assert probable(outputs, targets).tolist() == [True, False, True]
    ignored = metrics.for_loss(nn.NLLLoss(ignore_index=1))["accuracy"]
    assert ignored(np.array([[-1.0, -2], [-3, 0]]), np.array([0, 1])).tolist() == [True]
    accuracy = metrics.for_loss(nn.CrossEntropyLoss(ignore_index=1))["accuracy"]
    assert accuracy(LOGITS, np.array([1, 1, 0])).tolist() == [False]


def test_metrics_have_names():
    def error(output, target):
        return abs(output - target)

    loss = nn.BCEWithLogitsLoss()
    assert metrics.named([error, "accuracy"], loss) == {"error": error, "accuracy": metrics.binary_accuracy}
    assert metrics.named({"mine": error}, loss) == {"mine": error}
    assert metrics.named((), loss) == {}


NEEDS_LIST = "needs a list or a dict of metrics"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("accuracy", TypeError, rf"got 'accuracy', {NEEDS_LIST}: \['accuracy'\] would fit$"),
        (metrics.accuracy, TypeError, rf"got accuracy, {NEEDS_LIST}: \[accuracy\] would fit$"),
        (3, TypeError, f"got 3, {NEEDS_LIST}$"),
        ([3], TypeError, r"got 3, needs functions of \(output, target\), or 'accuracy'"),
        ([None], TypeError, "got None, needs functions"),
        ([nn.MSELoss], TypeError, "got MSELoss, needs functions"),
        ({"mine": "mae"}, ValueError, "got 'mae', needs functions"),
        (metrics.F1(), TypeError, rf"got F1\(\), {NEEDS_LIST}: \[F1\(\)\] would fit$"),
        (["top_0_accuracy"], ValueError, "got 'top_0_accuracy', needs functions .* or 'top_5_accuracy'"),
        ([metrics.F1, "f1"], TypeError, "got F1, needs functions"),
        ([metrics.F1(), "f1"], ValueError, "got 'f1' as a name, needs a name of its own"),
        (
            {"f1_0": metrics.accuracy, "f1": metrics.F1(None, 2)},
            ValueError,
            "got 'f1' as a name, needs a name of its own",
        ),
        ({1: metrics.accuracy}, ValueError, "got 1 as a name, needs a name of its own"),
        ({"loss": metrics.accuracy}, ValueError, "got 'loss' as a name, needs a name of its own"),
        ({"val_loss": metrics.accuracy}, ValueError, "got 'val_loss' as a name, needs a name of its own"),
        ([metrics.accuracy, "accuracy"], ValueError, "got 'accuracy' as a name, needs a name of its own"),
    ],
)
def test_what_is_no_metric_is_told(given, error, message):
    with pytest.raises(error, match=f"^Trainer: metrics: {message}"):
        metrics.named(given, nn.CrossEntropyLoss())


def test_a_dict_may_name_what_suits_the_loss():
    assert metrics.named({"right": "accuracy"}, nn.BCEWithLogitsLoss()) == {"right": metrics.binary_accuracy}


def test_an_unknown_name_is_told():
    with pytest.raises(ValueError, match=r"Trainer: metrics: got 'best', needs functions .* or 'accuracy'"):
        metrics.named(["best"], nn.CrossEntropyLoss())
    with pytest.raises(
        ValueError,
        match=r"metrics: got 'accuracy', needs functions of \(output, target\), or 'mae', or 'r2'$",
    ):
        metrics.named(["accuracy"], nn.MSELoss())


OF_CLASSES = ["accuracy", "top_2_accuracy", "top_5_accuracy", "precision", "recall", "f1", "auc"]


def test_names_stand_for_what_suits_the_loss():
    found = metrics.named(OF_CLASSES, nn.CrossEntropyLoss(ignore_index=7))
    assert list(found) == OF_CLASSES
    assert all(found[name].ignore_index == 7 for name in OF_CLASSES[1:])
    assert (found["top_2_accuracy"].k, found["top_5_accuracy"].k) == (2, 5)
    yes_or_no = metrics.named(["accuracy", "precision", "recall", "f1", "auc"], nn.BCEWithLogitsLoss())
    assert all(yes_or_no[name].threshold == 0 for name in ("precision", "recall", "f1", "auc"))
    assert list(metrics.named(["mae", "r2"], nn.MSELoss())) == ["mae", "r2"]


def test_a_metric_has_a_figure_or_one_for_each_part():
    given = metrics.named([metrics.Precision(None, 3), metrics.TopKAccuracy(3), "f1"], nn.CrossEntropyLoss())
    expected = ("precision_0", "precision_1", "precision_2", "top_3_accuracy", "f1")
    assert figure_names(given) == expected
