"""Batches that are changed at random in a thread of their own, ahead of the step that trains on them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.training.batches import Batch
from fastconv.types import Array

DEPTH = 2
"""Batches that are ready, or being made ready, while a step runs."""

Change = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]
"""A function of (x, y, rng) that returns the changed x and y: one of `fastconv.data.augment` or one's own."""


@contextmanager
def augmented(
    batches: Iterable[Batch], augment: Change | None, seed: int | None, epoch: int
) -> Iterator[Iterable[Batch]]:
    """The batches of one epoch as `augment` changes them, for a `with` block; as they are if it is None.

    What changes a batch depends on seed, epoch and the batch's number alone. Batches are taken from `batches`
    in the caller's thread. An error in `augment` reaches the caller with its traceback, at the batch where it
    happened. At the end of the block the thread has ended.
    """
    if augment is None:
        yield batches
        return

    def change(number: int, batch: Batch) -> Batch:
        # The shuffled order is that of (seed, epoch), which is the same stream as (seed, epoch, 0).
        rng = np.random.default_rng(None if seed is None else (seed, epoch, number))
        return _changed(augment, batch, rng)

    with ThreadPoolExecutor(1, "fastconv-augment") as worker:
        try:
            yield _ahead(worker, change, batches)
        finally:
            worker.shutdown(cancel_futures=True)


def check(function: str, value: Any) -> None:
    """TypeError for what is neither None nor a function that changes batches."""
    if value is None or (callable(value) and not isinstance(value, type)):
        return
    got, hint = repr(value), ""
    if isinstance(value, type):
        got, hint = f"the class {value.__name__}", f": {value.__name__}(...) would fit"
    elif isinstance(value, (list, tuple)):
        hint = ": augment.Compose([...]) would fit"
    raise validate.wrong_type(function, "augment", got, f"None or a function of (x, y, rng){hint}")


def _ahead(
    worker: ThreadPoolExecutor, change: Callable[[int, Batch], Batch], batches: Iterable[Batch]
) -> Iterator[Batch]:
    """The changed batches in their order, while the worker is at the next ones."""
    waiting: deque[Future[Batch]] = deque()
    for number, batch in enumerate(batches, 1):
        # A context has the backend and NumPy's error state that hold here.
        waiting.append(worker.submit(copy_context().run, change, number, batch))
        if len(waiting) > DEPTH:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _changed(augment: Change, batch: Batch, rng: np.random.Generator) -> Batch:
    """The changed batch; TypeError, ValueError where it cannot take the place of the one given."""
    x, y, weight = batch
    # Copies: a function may write into what it gets, and a batch may be a part of the user's arrays.
    result = augment(np.array(x), np.array(y), rng)
    if not isinstance(result, tuple) or len(result) != 2:
        got = f"{type(result).__name__} from {getattr(augment, '__name__', repr(augment))}"
        raise validate.wrong_type("fit", "augment", got, "a tuple (x, y)")
    changed, targets = (
        validate.native("fit: augment", name, one) for name, one in zip("xy", result, strict=True)
    )
    if changed.dtype != x.dtype:
        raise validate.wrong_type("fit: augment", "x", changed.dtype, f"{x.dtype} as it was given")
    for name, array in (("x", changed), ("y", targets)):
        if array.shape[:1] != (len(x),):
            needs = f"{len(x)} samples, as many as were given"
            raise validate.wrong_value("fit: augment", name, f"shape {array.shape}", needs)
    return changed, targets, weight
