"""The metrics of a training, and what one of your own derives from."""

from fastconv.training.metrics import (
    AUC,
    F1,
    R2,
    Accuracy,
    MeanAbsoluteError,
    Metric,
    Precision,
    Recall,
    TopKAccuracy,
    accuracy,
    binary_accuracy,
)

__all__ = [
    "AUC",
    "F1",
    "R2",
    "Accuracy",
    "MeanAbsoluteError",
    "Metric",
    "Precision",
    "Recall",
    "TopKAccuracy",
    "accuracy",
    "binary_accuracy",
]
