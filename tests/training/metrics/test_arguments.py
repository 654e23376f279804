"""What metrics are made with is checked, then and later."""

import pytest

from fastconv.training.metrics import AUC, F1, Accuracy, Precision, TopKAccuracy


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: Precision("mean"),
            ValueError,
            "Precision: average: got 'mean', needs 'macro', 'micro' or None",
        ),
        (
            lambda: Precision(None),
            ValueError,
            "Precision: num_classes: got None, needs the number of classes",
        ),
        (lambda: F1(None, 0), ValueError, "F1: num_classes: got 0"),
        (lambda: F1(threshold="a"), TypeError, "F1: threshold: got 'a', needs a number"),
        (lambda: AUC(threshold=float("nan")), ValueError, "AUC: threshold: got nan"),
        (lambda: AUC(ignore_index=1.5), TypeError, "AUC: ignore_index: got 1.5"),
        (lambda: TopKAccuracy(0), ValueError, "TopKAccuracy: k: got 0"),
        (lambda: Accuracy(weighted=1), TypeError, "Accuracy: weighted: got 1, needs True or False"),
    ],
)
def test_what_does_not_fit_is_told(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()


def test_it_is_checked_later_too():
    metric = TopKAccuracy(3)
    with pytest.raises(ValueError, match=r"^TopKAccuracy: k: got -1"):
        metric.k = -1
    assert metric.name == "top_3_accuracy"
