"""The only place for compiler flags, the cache, the threading layer and the thread count.

A kernel is a serial function that does the jobs `first` to `last`:

    @kernel
    def scale(x, y, first, last):
        for job in range(first, last):
            ...

Calling it with the number of jobs and an estimate of the work does all of them: in this thread, or dealt to
workers in a parallel region. No job reads what another writes, so a result never depends on the number of
workers.
"""

import functools
import inspect
import os
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numba
from numba import njit, prange

from .cache import KernelCache, folder
from .geometry import Geometry
from .region import deal, run

SERIAL_WORK = 1_000_000
"""Work under which a parallel region may cost more than it saves: about 20 µs. A multiply-add counts 2; what
waits for memory, or computes an exponential, counts what could be multiplied meanwhile."""
SPIN = "2000"
"""Rounds that an idle OpenMP thread spins before it sleeps, about 100 µs: enough to meet the next kernel of a
training step. GNU OpenMP's own 300,000 take the cores from everybody else on a shared machine."""

_FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_forked = False
_threads: int | None = None
_one_region = threading.Lock()


def inline(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels: called from kernels only, kept on disk as a part of theirs."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_FLAGS)(function)


@inline
def share(jobs: int, workers: int, worker: int) -> tuple[int, int]:
    """First and last (exclusive) job of a worker."""
    return worker * jobs // workers, (worker + 1) * jobs // workers


class Kernel:
    """A compiled function of jobs, which does them in this thread or deals them to workers."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.compiled = njit(**_FLAGS)(_entry(function))
        self.compiled._cache = KernelCache(function)

    def __call__(self, jobs: int, work: float, *arguments: Any) -> None:
        """Do `jobs` jobs of `work` in all (see SERIAL_WORK)."""
        run = self.entry(arguments)
        count = workers(jobs, work) if work >= SERIAL_WORK else 1
        if count == 1:
            run(*arguments, 0, jobs, 1, 0)
        elif threading_layer() == "workqueue":
            with _one_region:  # workqueue aborts the process when two Python threads enter it
                run(*arguments, 0, jobs, count, _address())
        else:
            run(*arguments, 0, jobs, count, _address())

    def entry(self, arguments: tuple[Any, ...]) -> Callable[..., None]:
        """The machine code for these arguments.

        To find the types of all arguments takes Numba longer than a small kernel. So where the first one is a
        geometry, it and the type of the elements of the second one decide those of the others.
        """
        geometry = arguments[0]
        if type(geometry) is not Geometry:
            return self.compiled
        key = self, arguments[1].dtype
        found = geometry.entries.get(key)
        if found is None:
            types = tuple(numba.typeof(argument) for argument in (*arguments, 0, 0, 0, 0))
            self.compiled.compile(types)
            found = geometry.entries[key] = self.compiled.overloads[types].entry_point
        return found


def kernel(function: Callable[..., Any]) -> Kernel:
    """Make a kernel of a function whose last two arguments are the first and the last (exclusive) job."""
    return Kernel(function)


_ENTRY = """
def entry({0}, first, last, workers, region):
    if workers > 1:
        deal(region, last, workers)
    else:
        serial({0}, first, last)
"""


def _entry(function: Callable[..., Any]) -> Callable[..., None]:
    """What is compiled; its arguments are spelled out, for Numba takes 50 µs to type `*arguments`."""
    arguments = ", ".join([*inspect.signature(function).parameters][:-2])
    serial = njit(inline="always", **_FLAGS)(function)
    names: dict[str, Any] = {"__name__": __name__, "deal": deal, "serial": serial}
    exec(_ENTRY.format(arguments), names)
    entry: Callable[..., None] = names["entry"]
    return entry


@njit(parallel=True, **_FLAGS)
def _region(jobs: int, workers: int, task: int, arguments: int) -> None:
    for worker in prange(workers):
        first, last = share(jobs, workers, worker)
        if first < last:
            run(task, arguments, first, last)


_region._cache = KernelCache(_region.py_func)


@functools.cache
def _address() -> int:
    """Where the machine code of the region begins."""
    _region(0, 1, 0, 0)
    (compiled,) = _region.overloads.values()
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


def get_num_threads() -> int:
    """Threads that a large kernel uses."""
    return _threads or numba.config.NUMBA_NUM_THREADS


def set_num_threads(threads: int) -> None:
    """Use `threads` threads from now on, 1 to `NUMBA_NUM_THREADS`. Results keep their bits."""
    most = numba.config.NUMBA_NUM_THREADS
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"set_num_threads: threads: got {threads!r}, needs an integer")
    if not 1 <= threads <= most:
        raise ValueError(f"set_num_threads: threads: got {threads}, needs 1 to {most}")
    global _threads
    _threads = threads


def workers(jobs: int, work: float) -> int:
    """Workers for `jobs` independent jobs of `work` in all; 1 means the serial function."""
    if work < SERIAL_WORK or jobs < 2 or _forked or threading_layer() == "none":
        return 1
    return min(get_num_threads(), jobs)


@functools.cache
def threading_layer() -> str:
    """Numba's threading layer: the first of tbb, omp and workqueue that loads, or "none": all runs serial."""
    own = "GOMP_SPINCOUNT" not in os.environ and "OMP_WAIT_POLICY" not in os.environ
    if own:
        os.environ["GOMP_SPINCOUNT"] = SPIN  # read once, when the library loads
    try:
        _address()
    except ValueError as error:  # the layer that NUMBA_THREADING_LAYER asks for does not load
        warnings.warn(f"fastconv runs in one thread: {error}", RuntimeWarning, stacklevel=2)
        return "none"
    finally:
        if own:
            del os.environ["GOMP_SPINCOUNT"]
    return str(numba.threading_layer())


def _after_fork() -> None:
    # GNU OpenMP ends a forked child at its first region: what fork made runs serial.
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def describe() -> dict[str, str]:
    """What `fastconv info` prints of threads and cache."""
    return {
        "threads": str(get_num_threads()),
        "threading layer": threading_layer(),
        "kernel cache": str(folder()),
    }
