"""A chain of operations on its own: one loop over the elements, channels side by side."""

from functools import lru_cache
from typing import Any

import numpy as np

from .. import activation, arithmetic, norm
from ..activation.elementwise import CHEAP, work_of
from ..engine.geometry import Geometry
from ..engine.jit import kernel
from ..memory.buffers import CHUNK, channels_last, empty, empty_channels_last, plain, streams
from .finish import run
from .lines import lines_of, rows_of
from .stages import Form, Kind, Stage, fits, literals, read_stages


def chain(input, stages):
    """y = the operations (name, *arguments) one after another, each on what the one before gave

    Those of `stages.fits` on (N, C, H, W) or (N, C) are one loop, whose result is channels-last, and has the
    bits of the operations.
    """
    if not fits(stages, input.shape):
        y = input
        for name, *arguments in stages:
            y = _operation(name)(y, *arguments)
        return y
    if input.ndim == 4:
        line, y = empty_channels_last(input.shape, input.dtype)
    else:
        y = empty(input.shape, input.dtype)
        line = y.ravel()
    _pass(read_stages(stages, input.shape), input.shape[1], flat_rows(input), line)
    return y


def chain_in_place(y: np.ndarray, stages: list[Stage]) -> None:
    """All stages of channels-last images."""
    line = channels_last(y)
    _pass(stages, y.shape[1], line, line)


def flat_rows(array: np.ndarray) -> np.ndarray:
    """The elements of (N, C, H, W) or (N, C) flat, channels side by side."""
    return channels_last(array) if array.ndim == 4 else plain(array).ravel()


def other_of(stages: list[Stage], lines: np.ndarray) -> np.ndarray:
    """The elements of the array that is as large as the result, or `lines`, which nobody reads then."""
    wholes = [given[0] for form, given in stages if form.kind == Kind.WHOLE]
    return flat_rows(wholes[0]) if wholes else lines


def _operation(name: str) -> Any:
    return next(getattr(family, name) for family in (activation, arithmetic, norm) if hasattr(family, name))


def _pass(stages: list[Stage], channels: int, x: np.ndarray, y: np.ndarray) -> None:
    """All stages of flat x, into flat y."""
    forms = tuple(form for form, _ in stages)
    g, lines = _geometry(forms, channels, y.dtype), lines_of(stages, channels, y.dtype, None)
    work = max((work_of(form.code) for form in forms if form.kind <= Kind.NUMBERS), default=CHEAP)
    _chain(-(-y.size // g.job), work * y.size, g, x, lines, other_of(stages, lines), y, streams(y, g.period))


@lru_cache(maxsize=1024)
def _geometry(forms: tuple[Form, ...], channels: int, dtype: np.dtype) -> Geometry:
    """A job is rows of `period` elements, `job` in all."""
    rows = rows_of(channels, dtype)
    sizes = {"period": rows.period, "job": max(1, CHUNK // rows.period) * rows.period}
    return Geometry(sizes, lanes=rows.lanes, **literals(forms, rows.lanes, 0))


@kernel
def _chain(g, x, lines, other, y, bypass, first, last):
    """y[i] = all stages of x[i], those of the geometry; overwrites y, which may be x

    x, `other` and y are flat and lie alike, channels side by side, the rows of `lines` as `lines.py` says.
    Past the caches if `bypass`. A job is g.job elements; `_pass` cuts them.
    """
    for job in range(first, last):
        at = job * g.job
        run(g, x, y, lines, other, at, min(at + g.job, x.size), bypass)
