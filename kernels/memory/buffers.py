"""Arrays as the kernels want them: dense, channels-last, aligned, in memory that is used again.

Large results lie in memory that `shelf` hands out again when their last view is gone.
"""

import math
from functools import lru_cache

import numpy as np

from ..engine import trace
from ..engine.geometry import Geometry, vector
from ..engine.jit import inline, kernel
from ..engine.machine import LINE, cached_bytes, lanes
from ..simd import full, pour
from .shelf import shelf


def plain(array: np.ndarray) -> np.ndarray:
    """The same elements in C order, without a copy where they lie so already."""
    return array if array.flags.c_contiguous else _in_c_order(array)


def reshape(input, shape):
    """The same elements in their order in another shape, without a copy where they lie in C order."""
    return plain(input).reshape(shape)


def flat(array: np.ndarray) -> np.ndarray:
    """The elements of a dense array in the order of memory, or of a copy where it has gaps."""
    return array.ravel(order="K")


def flat_like(array: np.ndarray, model: np.ndarray) -> np.ndarray:
    """The elements of `array` in the order in which `flat` puts those of `model`, of the same shape."""
    if array.strides == model.strides or (array.flags.c_contiguous and model.flags.c_contiguous):
        return flat(array)
    order = sorted(range(model.ndim), key=lambda axis: -abs(model.strides[axis]))
    return plain(array.transpose(order)).ravel()


def constant(array: np.ndarray) -> np.ndarray:
    """A C-contiguous copy that nobody may write to: a table of a plan."""
    copy = np.array(array, order="C")
    copy.flags.writeable = False
    return copy


CHUNK = 4096
"""Elements of one job where each element is a result of its own."""
SMALL = 1 << 16
"""Bytes under which an array comes from NumPy's allocator, which recycles small ones itself."""


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An uninitialised C-contiguous array; a large one begins a cache line, in memory that is used again."""
    if trace.current is not None and (traced := trace.of_this_thread()):
        return traced.make(shape, dtype)
    size = math.prod(shape) * dtype.itemsize
    return np.empty(shape, dtype) if size < SMALL else np.ndarray(shape, dtype, shelf(size).take())


def scalar(array: np.ndarray) -> np.generic:
    """The only element of an array, to be returned."""
    value: np.generic = array[0]
    if traced := trace.of_this_thread():
        return traced.number(array, value)
    return value


def failed(verdicts: np.ndarray) -> bool:
    """Whether any verdict is not zero: integers, of which each job of a kernel has written one."""
    if traced := trace.of_this_thread():
        traced.verdicts.append(verdicts)
        return False
    return bool(verdicts.any())


def empty_like(model: np.ndarray) -> np.ndarray:
    """An uninitialised array like `model` without gaps, its axes in the same order in memory."""
    if model.nbytes < SMALL and trace.current is None:
        return np.empty_like(model, subok=False)
    order = sorted(range(model.ndim), key=lambda axis: -abs(model.strides[axis]))
    dense = empty(tuple(model.shape[axis] for axis in order), model.dtype)
    return dense.transpose(sorted(range(model.ndim), key=order.__getitem__))


def in_one_order(model: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """A result that lies in memory as `model` does, in C order if that has gaps; it and all arrays flat."""
    if model.flags.c_contiguous and (not others or others[0].flags.c_contiguous):
        result = empty(model.shape, model.dtype)
        return result, result.ravel(), [*map(np.ndarray.ravel, (model, *others))]
    result = empty_like(model)
    if result.strides != model.strides:
        model = np.array(model, order="C")
        result = empty_like(model)
    return result, flat(result), [flat_like(array, model) for array in (model, *others)]


def given(*values: float) -> np.ndarray:
    """An array of numbers (float64) that differ from call to call; a plan writes the new ones into it."""
    array = np.array(values, np.float64)
    if traced := trace.of_this_thread():
        traced.given.append(array)
    return array


def cannot_be_planned(reason: str) -> None:
    """Say that the launches of this call do not do all that it does."""
    if traced := trace.of_this_thread():
        traced.refused = reason


def filled(shape, dtype, function):
    """What a function of Python gives, of this shape and type; a plan calls it before its launches."""
    if (traced := trace.of_this_thread()) is None:
        return function()
    array = empty(shape, dtype)
    traced.filled.append((traced.made[-1], function))
    return array


def settled(array: np.ndarray) -> np.ndarray:
    """An array that a launch has just been asked to fill from parameters alone.

    Nothing writes to it afterwards. A plan keeps it while the parameters stay as they are.
    """
    if traced := trace.of_this_thread():
        traced.settle(array)
    return array


def streams(array: np.ndarray, step: int) -> bool:
    """Whether to write a result past the caches, in vectors at multiples of `step` elements."""
    fitting = array.nbytes >= cached_bytes() and step % lanes(array.dtype) == 0
    return fitting and array.ctypes.data % LINE == 0


@inline
def scratch(size, like):
    """`size` uninitialised elements of the type of `like` at the start of a cache line, for one kernel."""
    memory = np.empty(size + LINE // like.itemsize, like.dtype)
    at = -memory.ctypes.data % LINE // like.itemsize
    return memory[at : at + size]


@inline
def of_jobs(array, first, last):
    """The elements of these jobs: LLVM vectorises a loop whose index begins at zero."""
    return array[first * CHUNK : last * CHUNK]


def set_zero(line: np.ndarray) -> None:
    """line = 0, by all workers."""
    _set_zero(-(-line.size // CHUNK), 8.0 * line.size, vector(line.dtype), line, streams(line, CHUNK))


@kernel
def _set_zero(g, line, bypass, first, last):
    """line[i] = 0, past the caches if `bypass`

    A job is CHUNK elements; `set_zero` cuts them.
    """
    end = min(last * CHUNK, line.size)
    for i in range(first * CHUNK, end, g.lanes):
        pour(full(line.dtype.type(0), g.lanes), line, i, min(g.lanes, end - i), bypass)


def empty_channels_last(shape: tuple[int, ...], dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Flat memory, and the same as (N, C, H, W) whose channels lie side by side; uninitialised."""
    n, c, h, w = shape
    line = empty((n * h * w * c,), dtype)
    return line, line.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def channels_last(array: np.ndarray) -> np.ndarray:
    """The elements of an (N, C, H, W) array, flat in the order N, H, W, C; copied if they lie otherwise."""
    view = array.transpose(0, 2, 3, 1)
    if view.flags.c_contiguous:
        return view.ravel()
    n, c, h, w = array.shape
    if c == 1 or h * w == 1:
        return array.ravel()
    source = plain(array).ravel()
    target = empty((array.size,), array.dtype)
    _interleave(n * h, 16 * array.size, vector(array.dtype), source, target, c, h, w)
    return target


def _in_c_order(array):
    """A copy in C order, by kernels if the array is dense in another order of few axes."""
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    line, g = array.transpose(order), _turn(array.shape, array.strides, array.dtype)
    if g is None or not line.flags.c_contiguous or array.dtype.kind != "f":
        return np.ascontiguousarray(array)
    result = empty(array.shape, array.dtype)
    _rearrange(g.outer * g.rows, 16 * array.size, g, line.ravel(), result.ravel())
    return result


@lru_cache(maxsize=256)
def _turn(shape, strides, dtype):
    """The geometry of four axes, with the steps between their elements in memory; None for more axes."""
    axes: list[tuple[int, int]] = []
    for size, stride in zip(shape, strides, strict=True):
        step = stride // dtype.itemsize
        if axes and axes[-1][1] == size * step:
            axes[-1] = axes[-1][0] * size, step
        elif size != 1:
            axes.append((size, step))
    if len(axes) > 4:
        return None
    outer, rows, columns, inner = [(1, 0)] * (4 - len(axes)) + axes
    return Geometry({
        "outer": outer[0], "rows": rows[0], "columns": columns[0], "inner": inner[0],
        "outer_step": outer[1], "row_step": rows[1], "column_step": columns[1], "inner_step": inner[1],
    }, lanes=lanes(dtype))  # fmt: skip


@kernel
def _rearrange(g, source, target, first, last):
    """target[o, r, c, i] = source[o * outer_step + r * row_step + c * column_step + i * inner_step]

    Both are flat; overwrites target. A job is one (o, r), taken in squares of as many elements as a vector
    has, so that what is read along one axis and written along the other stays in the cache.
    """
    for job in range(first, last):
        outer = job // g.rows
        origin = outer * g.outer_step + (job - outer * g.rows) * g.row_step
        to = job * g.columns * g.inner
        for c0 in range(0, g.columns, g.lanes):
            for i0 in range(0, g.inner, g.lanes):
                for c in range(c0, min(c0 + g.lanes, g.columns)):
                    at = origin + c * g.column_step
                    for i in range(i0, min(i0 + g.lanes, g.inner)):
                        target[to + c * g.inner + i] = source[at + i * g.inner_step]


@kernel
def _interleave(g, source, target, channels, height, width, first, last):
    """target[n, p, q, c] = source[n, c, p, q]; overwrites target

    Both are flat. A job is one row (n, p) of the image; `channels_last` cuts them.
    """
    for job in range(first, last):
        n = job // height
        row = job - n * height
        at = job * width * channels
        for c in range(channels):
            origin = ((n * channels + c) * height + row) * width
            for q in range(width):
                target[at + q * channels + c] = source[origin + q]
