"""Training data as batches: from arrays, checked before the first step, or from an iterable of batches."""

from fastconv.training.batches.arrays import ArrayBatches
from fastconv.training.batches.given import Batches, batches, split, validation
from fastconv.training.batches.iterables import IterableBatches, OwnBatches
from fastconv.training.batches.needs import Batch, Needs, Part

__all__ = [
    "ArrayBatches",
    "Batch",
    "Batches",
    "IterableBatches",
    "Needs",
    "OwnBatches",
    "Part",
    "batches",
    "split",
    "validation",
]
