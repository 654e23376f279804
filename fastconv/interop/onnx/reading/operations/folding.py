"""Operations on constants: what exporters compute of shapes and weights, done once while a file is read."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from fastconv.interop.onnx.reading.call import Call
from fastconv.interop.onnx.reading.tensors import HALVES, TYPES
from fastconv.types import Array

Fold: TypeAlias = Callable[..., Any]
"""(call, the arrays of its inputs, None in place of missing ones) -> an array, or a list of them."""


def elementwise(function: Callable[..., Any], integer: Callable[..., Any] | None = None) -> Fold:
    """A function of one element each, whose arrays broadcast; another one for integers, if there is one."""

    def fold(call: Call, *arrays: Array) -> Array:
        call.making.budget.take(*np.broadcast_shapes(*(array.shape for array in arrays)))
        whole = integer is not None and all(array.dtype.kind in "iub" for array in arrays)
        result = (integer if whole and integer else function)(*arrays)
        kinds = {array.dtype for array in arrays}
        same = len(kinds) == 1 and np.asarray(result).dtype != bool
        return np.asarray(result, kinds.pop() if same else None)

    return fold


def several(function: Callable[[Array, Array], Any]) -> Fold:
    """A function of two elements, of any number of arrays."""

    def fold(call: Call, *arrays: Array) -> Array:
        result = arrays[0]
        for array in arrays[1:]:
            result = elementwise(function)(call, result, array)
        return result

    return fold


def quotient(x: Array, y: Array) -> Array:
    """x / y of integers, rounded towards 0; of nothing by 0: 0."""
    safe = np.where(y == 0, 1, y)
    return np.where(y == 0, 0, np.sign(x) * np.sign(safe) * (np.abs(x) // np.abs(safe)))


def constant(call: Call) -> Array:
    """The node's own tensor or numbers."""
    value = call.tensor("value")
    kinds = {"value_float": "f4", "value_floats": "f4", "value_int": "i8", "value_ints": "i8"}
    for name, dtype in kinds.items():
        if value is None and name in call.node.attributes:
            value = np.array(call.node.attributes[name], dtype)
    if value is None:
        raise call.refuse("no tensor of numbers", "one as the attribute value")
    return value


def constant_of_shape(call: Call, shape: Array) -> Array:
    """An array of one number throughout."""
    value = call.tensor("value")
    value = np.zeros(1, np.float32) if value is None else value
    if value.size != 1:
        raise call.refuse(f"a value of shape {value.shape}", "one number")
    return _spread(call, value.reshape(()), _sizes(call, shape))


def expand(call: Call, x: Array, shape: Array) -> Array:
    """The array with axes of one element repeated."""
    return _spread(call, x, np.broadcast_shapes(x.shape, _sizes(call, shape)))


def _spread(call: Call, x: Array, shape: tuple[int, ...]) -> Array:
    """An array repeated, which takes no memory until it is copied."""
    call.making.budget.allow(*shape)
    return np.broadcast_to(x, shape)


def identity(call: Call, x: Array, *rest: Array) -> Array:
    """The array itself."""
    return x


def cast(call: Call, x: Array) -> Array:
    """The array in another type."""
    name = TYPES.get(call.integer("to"), ("",))[0]
    name = "float32" if name in HALVES else name
    if not name:
        raise call.refuse(f"type {call.integer('to')}", "floats, integers or truth values")
    call.making.budget.take(*x.shape)
    return x.astype(name)


def gather(call: Call, x: Array, indices: Array) -> Array:
    """Elements at indices of an axis."""
    axis = call.axis(call.integer("axis"), x.ndim)
    if indices.dtype.kind not in "iu" or np.any((indices < -x.shape[axis]) | (indices >= x.shape[axis])):
        raise call.refuse("indices out of range", f"some from 0 to {x.shape[axis] - 1}")
    call.making.budget.take(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    return np.take(x, indices, axis)


def concat(call: Call, *arrays: Array) -> Array:
    """Arrays one after the other."""
    for array in arrays:
        call.making.budget.take(*array.shape)
    return np.concatenate(arrays, call.axis(call.integer("axis"), arrays[0].ndim))


def unsqueeze(call: Call, x: Array, axes: Array | None = None) -> Array:
    """New axes of one element."""
    return np.expand_dims(x, tuple(_list(call, "axes", axes) or ()))


def squeeze(call: Call, x: Array, axes: Array | None = None) -> Array:
    """Axes of one element left out."""
    given = _list(call, "axes", axes)
    return np.squeeze(x, None if given is None else tuple(given))


def cut(call: Call, x: Array, *limits: Array | None) -> Array:
    """From one index to another."""
    starts, ends, axes, steps = (
        _list(call, name, limits[i] if i < len(limits) else None)
        for i, name in enumerate(("starts", "ends", "axes", "steps"))
    )
    if starts is None or ends is None:
        raise call.refuse("no starts or no ends", "both")
    parts = [slice(None)] * x.ndim
    axes, steps = axes or [*range(len(starts))], steps or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis = call.axis(axis, x.ndim)
        stop = end if step > 0 or end >= -x.shape[axis] else None
        parts[axis] = slice(start, stop, step)
    return x[tuple(parts)]


def split(call: Call, x: Array, sizes: Array | None = None) -> list[Array]:
    """Parts along an axis."""
    given, count = _list(call, "split", sizes), len(call.node.outputs)
    axis = call.axis(call.integer("axis"), x.ndim)
    part = -(-x.shape[axis] // count)
    ends = np.cumsum(given)[:-1] if given else [part * index for index in range(1, count)]
    return np.split(x, ends, axis)


def transpose(call: Call, x: Array) -> Array:
    """The axes in another order."""
    return x.transpose(call.integers("perm"))


def reshape(call: Call, x: Array, shape: Array) -> Array:
    """The elements in another shape."""
    sizes = shape.ravel().tolist()
    if not call.flag("allowzero"):
        sizes = [x.shape[i] if n == 0 and i < x.ndim else n for i, n in enumerate(sizes)]
    call.making.budget.take(*x.shape)  # what repeats in memory is copied
    return x.reshape(sizes)


def arange(call: Call, start: Array, limit: Array, delta: Array) -> Array:
    """Numbers from one to another."""
    first, last, step = (array.reshape(()).item() for array in (start, limit, delta))
    count = max(0, int(np.ceil((last - first) / step))) if step else 0
    call.making.budget.take(count)
    return (first + step * np.arange(count)).astype(start.dtype)


def product(call: Call, x: Array, axes: Array | None = None) -> Array:
    """The product over axes."""
    given = _list(call, "axes", axes)
    kept = call.flag("keepdims", True)
    return np.prod(x, None if given is None else tuple(given), dtype=x.dtype, keepdims=kept)


def _list(call: Call, name: str, array: Array | None) -> list[int] | None:
    """Numbers of an input, or of an attribute in older opsets."""
    return call.integers(name) if array is None else array.ravel().tolist()


def _sizes(call: Call, shape: Array) -> tuple[int, ...]:
    if shape.dtype.kind not in "iu" or shape.ndim != 1 or shape.size > 32 or np.any(shape < 0):
        raise call.refuse(f"{shape.dtype} of shape {shape.shape} as sizes", "at most 32 of at least 0")
    return tuple(shape.tolist())
