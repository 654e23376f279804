"""Checks of the arguments of a trainer and its `fit`, and what stands for them."""

import math
import sys
import warnings
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.training.callbacks import Callback, EpochLines, ProgressBar
from fastconv.training.callbacks.listed import listed
from fastconv.training.history import History
from fastconv.training.parallel import MPI


def _clip_norm(kind: str, name: str, value: Any) -> float | None:
    return None if value is None else validate.number(kind, name, value, 0, math.inf)


def _history(kind: str, name: str, value: Any) -> History:
    validate.instance(kind, name, value, History)
    history: History = value
    return history


def _parallel(kind: str, name: str, value: Any) -> MPI | None:
    if value is not None:
        validate.instance(kind, name, value, MPI)
    parallel: MPI | None = value
    return parallel


CHECKS: Checks = {
    "clip_norm": _clip_norm,
    "callbacks": lambda kind, _, value: listed(kind, value),
    "epochs": lambda kind, name, value: validate.integer(kind, name, value, low=0),
    "stop_training": validate.flag,
    "history": _history,
    "parallel": _parallel,
}
"""What checks a trainer's attributes."""


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


def check_shards(shards: int, parallel: MPI | None) -> None:
    """ValueError where a training was saved in another number of shards."""
    if shards != (1 if parallel is None else parallel.shards):
        raise ValueError(f"trained in {shards} shards; parallel=fc.parallel.MPI({shards}) would fit")


def warn_of_loss(loss: float, epoch: int, batch: int) -> None:
    """Warns the caller of `fit` of a loss that is NaN or infinite."""
    warnings.warn(
        f"the loss is {loss} in epoch {epoch + 1}, batch {batch + 1}; "
        "the callback TerminateOnNaN would stop there, a smaller learning rate may avoid it",
        RuntimeWarning,
        stacklevel=4,
    )
