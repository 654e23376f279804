"""Operations over axes of a value: means, sums, maxima, norms."""

import math
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.operations.base import Make, Operation, Size, Value, sizes
from fastconv.interop.pytorch.operations.elementwise import JOINS, absolute, affine
from fastconv.interop.pytorch.operations.shapes import reshaped


def _axes(op: Operation) -> tuple[int, ...]:
    """The axes that are reduced, in order; ValueError for the batch's."""
    dim, rank = op.given.get("dim"), len(op.input.shape)
    given = [dim] if isinstance(dim, int) else dim or range(rank)
    axes = tuple(sorted({axis % rank for axis in given}))
    if 0 in axes:
        raise ValueError("got the batch's axis, 0, among those that are reduced, needs axes of a sample")
    return axes


def _averaged(op: Operation, value: Value) -> Value:
    return op.add(nn.Mean(_axes(op), bool(op.given.get("keepdim"))), value)


def _summed(op: Operation, value: Value) -> Value:
    """The mean times the elements that it is of."""
    counts = [value.shape[axis] for axis in _axes(op)]
    if not all(isinstance(count, int) for count in counts):
        raise ValueError(f"got a sum over {counts} elements, needs sizes that do not depend on the batch")
    return affine(op, _averaged(op, value), math.prod(counts))


def _largest(op: Operation, value: Value, result: tuple[Size, ...]) -> Value:
    """Maxima over axes, as a pooling of images: those axes last, as the one along which windows lie."""
    shape, axes = value.shape, _axes(op)
    if len(shape) == 4 and axes == (2, 3):
        y = op.add(nn.AdaptiveMaxPool2d(1), value, shape=(*shape[:2], 1, 1))
        return reshaped(op, y, result)
    kept = [axis for axis in range(1, len(shape)) if axis not in axes]
    turned = _permuted(op, value, (0, *kept, *axes))
    rows = [*(shape[axis] for axis in kept), 1, 1][: max(2, len(kept))]
    pixels = shape[0], *rows[:1], math.prod(rows[1:]), math.prod(shape[axis] for axis in axes)
    y = op.add(nn.AdaptiveMaxPool2d((None, 1)), reshaped(op, turned, pixels), shape=(*pixels[:-1], 1))
    if len(shape) == len(result) == 4:  # whatever the size of images
        y = reshaped(op, y, tuple(1 if axis in axes else shape[axis] for axis in (0, *kept, *axes)))
        return _permuted(op, y, tuple((0, *kept, *axes).index(axis) for axis in range(4)))
    return reshaped(op, y, result)


def _permuted(op: Operation, value: Value, order: tuple[int, ...]) -> Value:
    if order == tuple(range(len(order))):
        return value
    return op.add(nn.Permute(order), value, shape=tuple(value.shape[axis] for axis in order))


def _max(op: Operation) -> Any:
    """Maxima over an axis, in place of their indices nothing; or the larger ones of two values."""
    if "other" in op.given:
        return JOINS["maximum"](op)
    several = isinstance(op.result, list | tuple)
    found = _largest(op, op.input, sizes(op.result[0] if several else op.result))
    return [found, None] if several else found


def _norm(op: Operation) -> Any:
    """The root of the sum of squares, the sum of absolute values, or the largest one."""
    order = op.given["ord"]
    if order == 2:
        squares = op.add(nn.Power(2), op.input, shape=op.input.shape)
        return op.add(nn.Power(0.5), _summed(op, squares))
    if order == 1:
        return _summed(op, absolute(op, op.input))
    if order == math.inf:
        return _largest(op, absolute(op, op.input), op.shape)
    raise ValueError(f"ord: got {order}, needs 1, 2 or inf")


REDUCTIONS: dict[str, Make] = {
    "mean": lambda op: _averaged(op, op.input),
    "sum": lambda op: _summed(op, op.input),
    "amax": lambda op: _largest(op, op.input, op.shape),
    "max": _max,
    "linalg_vector_norm": _norm,
}
