"""Which samples are validation data: the last ones, any, or the same share of each class."""

import math

import numpy as np

from fastconv.types import Array, Indices

MODES = ("last", "shuffle", "stratify")


def training_part(samples: int, fraction: float) -> int:
    """How many samples are trained on: ⌊samples (1 - fraction)⌋, as Keras rounds."""
    return math.floor(samples * (1 - fraction))


def shuffled(samples: int, training: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Positions of `training` samples drawn by `rng`, and of the others, both ascending."""
    order = rng.permutation(samples)
    return np.sort(order[:training]), np.sort(order[training:])


def stratified(classes: Array, training: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """The same, with the same share of every class (N,) among the others, as far as whole numbers allow it.

    Each class gives ⌊count share⌋ of its samples, and those with the largest remainders one more.
    """
    order = rng.permutation(len(classes))
    _, number, counts = np.unique(classes, return_inverse=True, return_counts=True)
    others = len(classes) - training
    share, rest = np.divmod(counts * others, len(classes))
    share[np.argsort(-rest, kind="stable")[: others - share.sum()]] += 1
    by_class = order[np.argsort(number[order], kind="stable")]
    place = np.arange(len(classes)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = place < np.repeat(share, counts)
    return np.sort(by_class[~chosen]), np.sort(by_class[chosen])
