"""Launches one after another, from end to end in machine code.

A step is a row of words: the address of a kernel's task, its jobs, its workers, the region that deals them,
and the address of its arguments. A patch says which word of the arguments is an address that changes from run
to run: the address of the word, which of the `bases` it lies behind, and how far.
"""

from collections.abc import Callable
from typing import Any

from numba import njit

from .cache import KernelCache
from .region import enter, run
from .words import put


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _patch(patches, bases):
    for patch in range(len(patches)):
        put(patches[patch, 0], bases[patches[patch, 1]] + patches[patch, 2])


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _run(steps, first, last):
    for step in range(first, last):
        task, jobs, workers, region = steps[step, 0], steps[step, 1], steps[step, 2], steps[step, 3]
        if workers > 1:
            enter(region, jobs, workers, task, steps[step, 4])
        else:
            run(task, steps[step, 4], 0, jobs)


def _walk(steps, patches, bases):
    _patch(patches, bases)
    _run(steps, 0, len(steps))


def _walk_settled(steps, patches, bases, settling, found, held):
    _patch(patches, bases)
    _run(steps, 0, 1)
    same = True
    for i in range(len(found)):
        same &= found[i] == held[i]
    if not same:
        _run(steps, 1, settling)
        held[:] = found
    _run(steps, settling, len(steps))


def _aim(bases, x, y, z):
    bases[0], bases[1], bases[2] = x.ctypes.data, y.ctypes.data, z.ctypes.data


def _address(array):
    return array.ctypes.data


def _compiled(function: Callable[..., Any]) -> Any:
    compiled = njit(nogil=True, error_model="numpy")(function)
    compiled._cache = KernelCache(function)
    return compiled


walk = _compiled(_walk)
"""walk(steps, patches, bases): patches, then all steps."""
walk_settled = _compiled(_walk_settled)
"""walk_settled(steps, patches, bases, settling, found, held): patches, then all steps.

The first `settling` of them are left out where the first one has found, in `found`, what `held` has.
"""
aim = _compiled(_aim)
"""aim(bases, x, y, z): the addresses of three arrays as bases."""
address = _compiled(_address)
"""address(array): where its first element lies."""
