"""What `fit` and `evaluate` were given, as batches."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastconv import exchange, validate
from fastconv.nn.base import BATCH_SIZE, SAMPLES
from fastconv.training.batches.arrays import ArrayBatches
from fastconv.training.batches.iterables import IterableBatches
from fastconv.training.batches.needs import Needs
from fastconv.training.batches.splits import MODES
from fastconv.training.batches.weights import ClassWeight, check_form

Batches = ArrayBatches | IterableBatches


def batches(
    name: str,
    x: Any,
    y: Any,
    batch_size: int,
    needs: Needs,
    sample_weight: Any = None,
    class_weight: ClassWeight | None = None,
    epochs: int = 1,
    usual: int = BATCH_SIZE,
    steps: int | None = None,
    argument: str = "steps_per_epoch",
    training: bool = False,
) -> Batches:
    """Samples x and targets y, or with y None an iterable x of batches, as a model and its loss need them.

    TypeError and ValueError for data that cannot be trained on, under the function's `name`. `usual` is the
    default of `batch_size`, the only one that an iterable takes; `argument` is what `steps` is called.
    In `training`, the classes may be learned from y, and epochs continue in an iterable.
    """
    x = exchange.taken(name, "x", x)
    class_weight = exchange.taken(name, "class_weight", class_weight)
    check_form(name, class_weight)
    if steps is not None:
        steps = validate.integer(name, argument, steps)
    if y is None and not isinstance(x, Iterable) and hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        loader = f"torch.utils.data.DataLoader(x, batch_size={BATCH_SIZE})"
        fits = f"an array with y, or batches: {loader} would fit"
        raise validate.wrong_type(name, "x", f"{type(x).__name__}, single samples", fits)
    if y is not None or isinstance(x, np.ndarray) or not isinstance(x, Iterable):
        if steps is not None:
            raise ValueError(f"{name}: {argument}: got it with arrays, needs an iterable of batches")
        samples = needs.take(name, x, y, learn=training)
        return ArrayBatches(name, samples, batch_size, needs, sample_weight, class_weight)
    if sample_weight is not None:
        raise ValueError(f"{name}: sample_weight: got it with batches, needs batches (x, y, sample_weight)")
    if batch_size != usual:
        needed = f"the default, {usual}: they have their own sizes"
        raise ValueError(f"{name}: batch_size: got {batch_size} with batches, needs {needed}")
    if epochs > 1 and iter(x) is x and steps is None:
        needed = f"a list, or another iterable that starts anew, or {argument}=..."
        raise ValueError(f"{name}: x: got an iterator, which ends after one epoch, needs {needed}")
    return IterableBatches(name, x, needs, class_weight, steps, argument, training)


def validation(given: Any, needs: Needs, epochs: int, steps: int | None) -> Batches:
    """The batches of `validation_data`: (x, y), (x, y, sample_weight), or an iterable of batches.

    A list of tuples is one of batches.
    """
    name = "fit: validation_data"
    listed = isinstance(given, list) and bool(given) and all(isinstance(item, tuple) for item in given)
    if isinstance(given, tuple | list) and len(given) in (2, 3) and not listed:
        x, y, *weight = given
        if y is None:
            raise TypeError(f"{name}: y: got NoneType, needs a numpy array of samples")
        given_weight = weight[0] if weight else None
        return batches(name, x, y, SAMPLES, needs, given_weight, steps=steps, argument="validation_steps")
    if isinstance(given, tuple | str | np.ndarray) or not isinstance(given, Iterable):
        needed = "(x, y) or (x, y, sample_weight), or an iterable of such batches"
        raise TypeError(f"{name}: got {type(given).__name__}, needs {needed}")
    return batches(
        name, given, None, SAMPLES, needs, epochs=epochs, usual=SAMPLES,
        steps=steps, argument="validation_steps",
    )  # fmt: skip


def split(
    data: Batches, given: Any, fraction: float, mode: str, seed: int | None, epochs: int, steps: int | None
) -> tuple[Batches, Batches | None]:
    """The training data, and the validation data as `fit`'s arguments say; None where there is none."""
    fraction = validate.number("fit", "validation_split", fraction, 0, 1)
    if not (isinstance(mode, str) and mode in MODES):
        raise validate.wrong_value("fit", "validation_split_mode", repr(mode), f"one of {MODES}")
    if mode != "last" and not fraction:
        raise validate.wrong_value("fit", "validation_split_mode", repr(mode), "a validation_split above 0")
    if given is not None:
        if fraction:
            raise ValueError("fit: validation_split: got it beside validation_data, needs one of them")
        return data, validation(given, data.needs, epochs, steps)
    if steps is not None:
        raise ValueError("fit: validation_steps: got it without validation_data, needs an iterable there")
    if not fraction:
        return data, None
    if not isinstance(data, ArrayBatches):
        raise ValueError("fit: validation_split: got it with batches, needs arrays x and y")
    return data.split(fraction, SAMPLES, mode, seed)
