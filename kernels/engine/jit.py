"""The only place for compiler flags, the cache, the threading layer and the thread count.

A kernel is a serial function that does the jobs `first` to `last`:

    @kernel
    def scale(g, x, y, first, last):
        for job in range(first, last):
            ...

Calling it with the number of jobs and an estimate of the work does all of them: in this thread, or dealt to
workers in a parallel region. No job reads what another writes, so a result never depends on the number of
workers.
"""

import functools
import gc
import inspect
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numba
from numba import njit, prange, types

from . import trace
from .cache import KernelCache
from .disk import folder
from .once import once, warn_once
from .operand import array, operand_type
from .pipeline import InlinePipeline, KernelPipeline
from .region import deal, run, write_down
from .workshop import Order, finish, ordered

SERIAL_WORK = 500_000
"""Work below which a parallel region may cost more than it saves: about 10 µs. A multiply-add counts 2; a
load from memory or an exponential counts as many operations as the CPU could do in the same time."""
SPIN = "6000"
"""Rounds that an idle OpenMP thread spins before it sleeps, about 160 µs: enough to meet the next kernel of a
training step. GNU OpenMP's own 300,000 take the cores from everybody else on a shared machine."""

_FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_INLINE = _FLAGS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": True}
_forked = False
_threads: int | None = None
_one_region = threading.Lock()


def inline(function: Callable[..., Any]) -> Any:
    """Compile a function that becomes code of the kernels that call it, and is kept on disk with them.

    LLVM would rather call a large function, and a call passes each size of a geometry and each axis of an
    array through memory: 130 cycles for each register tile.
    """
    return njit(pipeline_class=InlinePipeline, **_INLINE)(function)


def vectorized(function: Callable[..., Any]) -> Any:
    """Compile an inline function whose plain loops LLVM vectorises, which it does before it inlines them."""
    return njit(pipeline_class=KernelPipeline, **_INLINE)(function)


@inline
def share(jobs: int, workers: int, worker: int) -> tuple[int, int]:
    """First and last (exclusive) job of a worker."""
    return worker * jobs // workers, (worker + 1) * jobs // workers


_SOURCE = """
def entry({arguments}, first, last, workers, region):
    if workers > 1:
        deal(region, last, workers)
    elif workers:
        serial({given}, first, last)
    else:
        write_down(region)
"""
"""What is compiled, its arguments spelled out: Numba takes 50 µs to type `*arguments`."""


def kernel(function: Callable[..., Any]) -> Any:
    """Make a kernel of a function of a geometry, arrays, numbers, the first and the last (exclusive) job.

    It is called with the number of jobs, their work in all (see SERIAL_WORK), the geometry, and so on.
    """
    parameters = [*inspect.signature(function).parameters][:-2]
    names: dict[str, Any] = {
        "__name__": __name__,
        "deal": deal,
        "write_down": write_down,
        "serial": njit(inline="always", **_FLAGS)(function),
        "array": array,
    }
    # The geometry is passed on as it is: `pipeline` looks for the attributes of an argument.
    given = ", ".join([parameters[0], *(f"array({name})" for name in parameters[1:])])
    exec(_SOURCE.format(arguments=", ".join(parameters), given=given), names)

    @functools.wraps(function)
    def call(jobs: int, work: float, *arguments: Any) -> None:
        if (traced := trace.current) is None or traced is not trace.of_this_thread():
            found = arguments[0].entries.get(call) or entry_point(call, arguments)
            _deal_out(found, jobs, work, arguments)
        else:
            traced.launches.append(trace.Launch(call, arguments, jobs, *dealt(jobs, work)))

    call.compiled = njit(pipeline_class=KernelPipeline, **_FLAGS)(names["entry"])  # type: ignore[attr-defined]
    call.compiled._cache = KernelCache(function)  # type: ignore[attr-defined]
    return call


def entry_point(kernel: Any, arguments: tuple[Any, ...]) -> Callable[..., None]:
    """The machine code of a kernel for these arguments, kept with the geometry, which is the first of them.

    To find the types of all arguments takes Numba longer than a small kernel. So one geometry always comes
    with arguments of the same types.
    """
    types = _types(arguments)
    with _no_collection():
        kernel.compiled.compile(types)
    found: Callable[..., None] = kernel.compiled.overloads[types].entry_point
    arguments[0].entries[kernel] = found
    return found


def _types(arguments: tuple[Any, ...]) -> tuple[types.Type, ...]:
    """The types of the arguments of a kernel's machine code."""
    return tuple(operand_type(argument) for argument in (*arguments, 0, 0, 0, 0))


def entry_points(launches: Sequence[trace.Launch]) -> list[Callable[..., None]]:
    """The machine code of each launch; where much of it is missing, several processes compile it."""
    missing: dict[Order, trace.Launch] = {}
    for launch in launches:
        kernel, arguments = launch.kernel, launch.arguments
        if kernel not in arguments[0].entries:
            order = Order(kernel.__module__, kernel.__name__, _types(arguments))
            if not kernel.compiled._cache.holds(order.types, kernel.compiled.targetctx.codegen()):
                missing[order] = launch
    processes = ordered([*missing])
    for launch in [*missing.values()][:: 1 + len(processes)]:
        entry_point(launch.kernel, launch.arguments)
    finish(processes)
    return [
        launch.arguments[0].entries.get(launch.kernel) or entry_point(launch.kernel, launch.arguments)
        for launch in launches
    ]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Compiling makes objects by the million, few of them garbage that Python would have to look for."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _deal_out(entry_point: Callable[..., None], jobs: int, work: float, arguments: tuple[Any, ...]) -> None:
    """Call machine code that deals its jobs to workers."""
    count, region = dealt(jobs, work)
    layer = threading_layer() if count > 1 else ""
    if layer == "workqueue":
        with _one_region:  # workqueue aborts the process when two Python threads enter it
            entry_point(*arguments, 0, jobs, count, region)
    else:
        entry_point(*arguments, 0, jobs, count, region)


@njit(parallel=True, **_FLAGS)
def _region(jobs: int, workers: int, task: int, arguments: int) -> None:
    for worker in prange(workers):
        first, last = share(jobs, workers, worker)
        if first < last:
            run(task, arguments, first, last)


_region._cache = KernelCache(_region.py_func)


def _address() -> int:
    """Where the machine code of the region begins."""
    _region.compile((types.int64,) * 4)  # not called: workqueue aborts when two threads call it
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
    trace.renew()


def workers(jobs: int, work: float) -> int:
    """Workers for `jobs` independent jobs of `work` in all; 1 means the serial function."""
    if work < SERIAL_WORK or jobs < 2 or _forked or _layer()[0] == "none":
        return 1
    return min(get_num_threads(), jobs)


def dealt(jobs: int, work: float) -> tuple[int, int]:
    """The workers for these jobs, and where the machine code of the region that deals them begins, or 0."""
    count = workers(jobs, work)
    return count, _layer()[1] if count > 1 else 0


def region_lock() -> Any:
    """What has to be held in a parallel region, if anything: workqueue aborts when two threads enter it."""
    return _one_region if threading_layer() == "workqueue" else None


def threading_layer() -> str:
    """Numba's threading layer: the first of tbb, omp and workqueue that loads, or "none": all runs serial."""
    return _layer()[0]


@once
def _layer() -> tuple[str, int]:
    """The threading layer, and where the machine code of its region begins."""
    is_default = "GOMP_SPINCOUNT" not in os.environ and "OMP_WAIT_POLICY" not in os.environ
    if is_default:
        os.environ["GOMP_SPINCOUNT"] = SPIN  # read once, when the library loads
    try:
        region = _address()
    except ValueError as error:  # the layer that NUMBA_THREADING_LAYER asks for does not load
        warn_once(f"kernels run in one thread: {error}")
        return "none", 0
    finally:
        if is_default:
            del os.environ["GOMP_SPINCOUNT"]
    return str(numba.threading_layer()), region


def _after_fork() -> None:
    # GNU OpenMP ends a forked child at its first region: the child runs serial.
    global _forked
    _forked = True
    trace.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def describe() -> dict[str, str]:
    """What `fastconv info` prints of threads, calls and cache."""
    return {
        "threads": str(get_num_threads()),
        "threading layer": threading_layer(),
        "kernel cache": str(folder() or "none"),
    }
