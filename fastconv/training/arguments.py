"""Checks of the arguments of a trainer and its `fit`, and what stands for them."""

import sys

import numpy as np

from fastconv import validate
from fastconv.training.callbacks import Callback, EpochLines, ProgressBar


def check_seed(seed: int | None) -> None:
    """TypeError, ValueError for what is no seed."""
    needs = "a whole number of at least 0 or None"
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer)):
        raise validate.wrong_type("fit", "seed", repr(seed), needs)
    if seed is not None and seed < 0:
        raise validate.wrong_value("fit", "seed", seed, needs)


def progress_of(epochs: int, batches: int | None) -> Callback:
    """The callback that shows progress: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        return EpochLines(epochs)
    return ProgressBar(epochs, batches)
