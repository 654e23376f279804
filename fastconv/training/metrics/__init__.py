"""What a trainer measures beside the loss.

A metric is a `Metric`, which gathers what it needs over an epoch; one of the names that `named` knows; or a
function `metric(output, target)` that returns an array with one value for everything it counts (True where a
prediction is right): the trainer averages them all over an epoch, however they are spread over its batches.
One that returns a single number is a mean over its batch's samples: it is averaged with the batch sizes as
weights. Weights of classes and samples are the loss's: of the metrics only those see them that were made
with `weighted=True`, Keras's `weighted_metrics`.
"""

from fastconv.training.metrics.auc import AUC
from fastconv.training.metrics.base import Function, Mean, Metric
from fastconv.training.metrics.counts import F1, Precision, Recall
from fastconv.training.metrics.figures import Figures
from fastconv.training.metrics.names import for_loss, named
from fastconv.training.metrics.regression import R2, MeanAbsoluteError
from fastconv.training.metrics.right import Accuracy, TopKAccuracy, accuracy, binary_accuracy

__all__ = [
    "AUC",
    "F1",
    "R2",
    "Accuracy",
    "Figures",
    "Function",
    "Mean",
    "MeanAbsoluteError",
    "Metric",
    "Precision",
    "Recall",
    "TopKAccuracy",
    "accuracy",
    "binary_accuracy",
    "for_loss",
    "named",
]
