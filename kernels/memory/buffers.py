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
from ..simd import full, load, pour, store, transposed, unwoven, woven
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
    return plain(array.transpose(_order(model))).ravel()


def _order(array: np.ndarray) -> list[int]:
    """The axes of an array, those of the longest strides first."""
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def constant(array: np.ndarray) -> np.ndarray:
    """A C-contiguous copy that nobody may write to: a table of a plan."""
    copy = np.array(array, order="C")
    copy.flags.writeable = False
    return copy


FEW = 8
"""Most planes that are woven to pixels in registers."""
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
    order = _order(model)
    dense = empty(tuple(model.shape[axis] for axis in order), model.dtype)
    return dense.transpose(sorted(range(model.ndim), key=order.__getitem__))


def in_one_order(model: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """A result that lies in memory as `model` does, in C order if that has gaps; it and all arrays flat."""
    if model.flags.c_contiguous and (not others or others[0].flags.c_contiguous):
        result = empty(model.shape, model.dtype)
        return result, result.ravel(), [*map(np.ndarray.ravel, (model, *others))]
    result = empty_like(model)
    if result.strides != model.strides:
        model = plain(model)
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
    return plain(array.transpose(0, 2, 3, 1)).ravel()


def _in_c_order(array):
    """A copy in C order, by kernels if the array is dense in another order of few axes."""
    line = array.transpose(_order(array))
    plainly = not array.size or array.dtype.kind not in "fi" or array.itemsize < 4
    g = None if plainly or not line.flags.c_contiguous else _turn(array.shape, array.strides, array.dtype)
    if g is None:
        return np.ascontiguousarray(array)
    result = empty(array.shape, array.dtype)
    _rearrange(g.outer * g.rows * g.parts, 16 * array.size, g, line.ravel(), result.ravel())
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
    turned, width = columns[1] == 1, lanes(dtype)
    planes = inner[0] if turned and inner[0] <= FEW else 0
    pixel = columns[0] if turned and not planes and columns[0] == inner[1] <= FEW else 0
    chunk = columns[0] if pixel else -(-max(1, CHUNK // inner[0]) // width) * width
    return Geometry({
        "outer": outer[0], "rows": rows[0], "columns": columns[0], "inner": inner[0],
        "outer_step": outer[1], "row_step": rows[1], "column_step": columns[1], "inner_step": inner[1],
        "chunk": chunk, "parts": -(-columns[0] // chunk),
    }, lanes=width, turned=int(turned), planes=planes, pixel=pixel)  # fmt: skip


@inline
def _single(g, source, target, origin, to, c0, c1, i0, i1):
    """The columns from c0 to c1, and of each the elements from i0 to i1, one by one."""
    for c in range(c0, c1):
        for i in range(i0, i1):
            target[to + c * g.inner + i] = source[origin + c * g.column_step + i * g.inner_step]


@inline
def _square(g, source, target, origin, to, c0, c1, i0):
    """Some columns from c0 on, up to c1, of some elements from i0 on, as many as a vector has."""
    if g.turned and c1 - c0 >= g.lanes and g.inner - i0 >= g.lanes:
        square = load(source, origin + c0 + i0 * g.inner_step, g.inner_step, g.lanes, 1, g.lanes, g.lanes)
        store(transposed(square), target, to + c0 * g.inner + i0, g.inner, g.lanes)
    else:
        _single(g, source, target, origin, to, c0, min(c0 + g.lanes, c1), i0, min(i0 + g.lanes, g.inner))


@inline
def _to_pixels(g, source, target, origin, to, c0, c1):
    """A plane for each of the few elements of a column becomes columns side by side."""
    whole = c0 + (c1 - c0) // g.lanes * g.lanes
    for c in range(c0, whole, g.lanes):
        planes = load(source, origin + c, g.inner_step, g.planes, 1, g.lanes, g.lanes)
        store(woven(planes), target, to + c * g.planes, 0, g.planes * g.lanes)
    _single(g, source, target, origin, to, whole, c1, 0, g.inner)


@inline
def _to_planes(g, source, target, origin, to):
    """Few columns, whose elements lie side by side, become a plane each."""
    whole = g.inner // g.lanes * g.lanes
    for i in range(0, whole, g.lanes):
        pixels = load(source, origin + i * g.pixel, 0, 1, g.pixel, g.lanes, g.pixel * g.lanes)
        store(unwoven(pixels), target, to + i, g.inner, g.lanes)
    _single(g, source, target, origin, to, 0, g.columns, whole, g.inner)


@kernel
def _rearrange(g, source, target, first, last):
    """target[o, r, c, i] = source[o * outer_step + r * row_step + c * column_step + i * inner_step]

    Both are flat; overwrites target. A job is one of g.parts of the columns c of one (o, r). If g.turned, the
    columns are neighbours in source, and squares of as many elements as a vector has are transposed in
    registers; g.planes or g.pixel are the elements or the columns, if they are so few that they are woven.
    """
    for job in range(first, last):
        row = job // g.parts
        outer, c0 = row // g.rows, (job - row * g.parts) * g.chunk
        origin = outer * g.outer_step + (row - outer * g.rows) * g.row_step
        c1, to = min(c0 + g.chunk, g.columns), row * g.columns * g.inner
        if g.planes:
            _to_pixels(g, source, target, origin, to, c0, c1)
        elif g.pixel:
            _to_planes(g, source, target, origin, to)
        else:
            for c in range(c0, c1, g.lanes):
                for i in range(0, g.inner, g.lanes):
                    _square(g, source, target, origin, to, c, c1, i)
