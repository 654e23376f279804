"""Batches that are changed at random in a thread of their own, ahead of the step that trains on them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, TypeVar

import numpy as np

from fastconv import validate
from fastconv.training.batches import Batch
from fastconv.types import Array

DEPTH = 2
"""Batches that are ready, or being made ready, while a step runs."""

Taken = TypeVar("Taken")

Change = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]
"""A function of (x, y, rng) that returns the changed x and y: one of `fastconv.data.augment` or one's own."""


@contextmanager
def ahead(batches: Iterable[Taken], change: Callable[[int, Taken], Taken]) -> Iterator[Iterable[Taken]]:
    """The batches of one epoch as `change` makes them of a number, from 1, and a batch, for a `with` block.

    Batches are taken from `batches` in the caller's thread. An error in `change` reaches the caller with its
    traceback, at the batch where it happened. At the end of the block the thread has ended.
    """
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
    worker: ThreadPoolExecutor, change: Callable[[int, Taken], Taken], batches: Iterable[Taken]
) -> Iterator[Taken]:
    """The changed batches in their order, while the worker is at the next ones."""
    waiting: deque[Future[Taken]] = deque()
    for number, batch in enumerate(batches, 1):
        # A context has the backend and NumPy's error state that hold here.
        waiting.append(worker.submit(copy_context().run, change, number, batch))
        if len(waiting) > DEPTH:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def changed(augment: Change, batch: Batch, *seed: int | None) -> Batch:
    """The changed batch; TypeError, ValueError where it cannot take the place of the one given.

    What changes it depends on `seed` alone: that of the fit, None for another change each time, the epoch,
    and what else tells batches apart, from 1.
    """
    # The shuffled order is that of (seed, epoch), which is the same stream as (seed, epoch, 0).
    rng = np.random.default_rng(None if None in seed else [number or 0 for number in seed])
    x, y, weight = batch
    # Copies: a function may write into what it gets, and a batch may be a part of the user's arrays.
    result = augment(np.array(x), np.array(y), rng)
    if not isinstance(result, tuple) or len(result) != 2:
        got = f"{type(result).__name__} from {getattr(augment, '__name__', repr(augment))}"
        raise validate.wrong_type("fit", "augment", got, "a tuple (x, y)")
    inputs, targets = (
        validate.native("fit: augment", name, one) for name, one in zip("xy", result, strict=True)
    )
    if inputs.dtype != x.dtype:
        raise validate.wrong_type("fit: augment", "x", inputs.dtype, f"{x.dtype} as it was given")
    for name, array in (("x", inputs), ("y", targets)):
        if array.shape[:1] != (len(x),):
            needs = f"{len(x)} samples, as many as were given"
            raise validate.wrong_value("fit: augment", name, f"shape {array.shape}", needs)
    return inputs, targets, weight
