"""How a child process takes time: turns of timed calls, and threads that are asleep between turns."""

import math
import time
from collections.abc import Callable
from statistics import median
from typing import Any

SAMPLE = 200e-6
"""Seconds of one sample: calls that take less are timed several at a time."""
WARM = 0.25
"""Share of a turn's time that goes to calls that are not timed."""
SAMPLES = 3
"""Samples of a turn, however long they take."""

_MOST_CALLS = 20_000
_TICK, _TICKS, _IDLE, _PATIENCE = 3e-3, 2, 0.25, 1.0


def calls_per_sample(call: Callable[[], Any]) -> int:
    """How many calls last about as long as a sample should; 1 for long ones."""
    fastest = min(seconds_of(call, 1) for _ in range(3))
    return min(_MOST_CALLS, max(1, math.ceil(SAMPLE / max(fastest, 1e-9))))


def seconds_of(call: Callable[[], Any], calls: int) -> float:
    """Seconds of one call, as the mean of `calls` of them; results are dropped at once."""
    repeated = range(calls)
    start = time.perf_counter()
    for _ in repeated:
        call()
    return (time.perf_counter() - start) / calls


def turn(call: Callable[[], Any], seconds: float, calls: int) -> float:
    """The median of the samples of one turn of about so many seconds, in seconds a call.

    Calls that are not timed come before them: they wake the threads and bring the operands to the caches.
    """
    end = time.perf_counter() + WARM * seconds
    while True:
        seconds_of(call, calls)
        if time.perf_counter() >= end:
            break
    end += (1 - WARM) * seconds
    samples: list[float] = []
    while len(samples) < SAMPLES or time.perf_counter() < end:
        samples.append(seconds_of(call, calls))
    return median(samples)


def settle() -> None:
    """Return when the threads of this process use no CPU any more, so that the next one's turn is its own.

    The workers of OpenMP and BLAS stay awake for some milliseconds after their last task.
    """
    end = time.perf_counter() + _PATIENCE
    quiet = 0
    while quiet < _TICKS and time.perf_counter() < end:
        before = time.process_time()
        time.sleep(_TICK)
        quiet = quiet + 1 if time.process_time() - before < _IDLE * _TICK else 0
