"""Operations that move or join values, or give them another shape."""

import math
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.operations.base import Make, Operation, Size, Value, layer, sizes
from fastconv.validate import LARGEST


def _flattened(op: Operation) -> Any:
    return op.input if op.shape == op.input.shape else layer(nn.Flatten, "start_dim", "end_dim")(op)


def _same(op: Operation) -> Any:
    """What changes nothing; the trace refuses a change of type.

    What is expanded stays as it was: arithmetic repeats it, and the trace lets nothing else read it.
    """
    return op.input


def _several(op: Operation) -> tuple[list[Value], int]:
    """The values that are put together, and the axis."""
    values, dim = op.option("tensors", "dim")
    if not all(isinstance(value, Value) for value in values):
        raise ValueError("got fixed numbers among its inputs, needs values that depend on the input")
    return values, dim % len(op.shape)


def _concatenate(op: Operation) -> Any:
    values, axis = _several(op)
    return op.add(nn.Concatenate(axis), *values)


def _stacked(op: Operation) -> Any:
    values, axis = _several(op)
    parts = [reshaped(op, value, (*value.shape[:axis], 1, *value.shape[axis:])) for value in values]
    return op.add(nn.Concatenate(axis), *parts)


def reshaped(op: Operation, value: Value, after: tuple[Size, ...]) -> Value:
    """A value in another shape: by Flatten or Unflatten where that is possible."""
    before = value.shape
    if before == after:
        return value
    if after[:1] != before[:1]:
        raise ValueError(f"got {_shown(before)} as {_shown(after)}, needs the batch to stay the first axis")
    flattening = len(after) < len(before)
    many, few = (before, after) if flattening else (after, before)
    for start in range(1, len(few)):
        end = start + len(many) - len(few)
        if few == (*many[:start], _product(many[start : end + 1]), *many[end + 1 :]):
            last = -1 if end == len(many) - 1 else end
            layer = nn.Flatten(start, last) if flattening else nn.Unflatten(start, many[start : end + 1])
            return op.add(layer, value, shape=after)
    return op.add(nn.Reshape(after[1:]), value, shape=after)


def _product(part: tuple[Size, ...]) -> Size:
    return math.prod(size for size in part if isinstance(size, int))


def _shown(shape: tuple[Size, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _moved(op: Operation) -> Any:
    """The axes in another order."""
    axes = [*range(len(op.shape))]
    if "dims" in op.given:
        return op.add(nn.Permute(tuple(axes[dim] for dim in op.given["dims"])), op.input)
    one, other = op.option("dim0", "dim1")
    axes[one], axes[other] = axes[other], axes[one]
    return op.add(nn.Permute(tuple(axes)), op.input)


def _sliced(op: Operation) -> Any:
    dim, start, stop, step = op.option("dim", "start", "end", "step")
    if op.shape == op.input.shape:
        return op.input
    return op.add(nn.Slice(dim, start, None if stop is None or stop >= LARGEST else stop, step), op.input)


def _selected(op: Operation) -> Any:
    """One element of an axis, which is left out then."""
    value, dim, index = op.option("self", "dim", "index")
    return _element(op, value, dim, index)


def _element(op: Operation, value: Value, dim: int, index: int) -> Value:
    axis = dim % len(value.shape)
    shape = (*value.shape[:axis], *value.shape[axis + 1 :])
    part = op.add(
        nn.Slice(axis, index, index + 1 or None), value, shape=(*value.shape[:axis], 1, *shape[axis:])
    )
    return op.add(nn.Reshape(shape[1:]), part, shape=shape)


def _parts(op: Operation) -> Any:
    """Parts of an axis, one after the other: those of the sizes in the trace."""
    value, dim = op.option("self", "dim")
    found, start = [], 0
    for part in op.result:
        stop = start + part.shape[dim]
        found.append(op.add(nn.Slice(dim, start, stop), value, shape=sizes(part)))
        start = stop
    return found


def _elements(op: Operation) -> Any:
    value, dim = op.option("self", "dim")
    return [_element(op, value, dim, index) for index in range(value.shape[dim])]


SHAPES: dict[str, Make] = {
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "to", "_to_copy"), _same),
    **dict.fromkeys(("expand", "expand_as"), _same),
    **dict.fromkeys(
        ("view", "reshape", "unflatten", "squeeze", "unsqueeze", "_unsafe_view"),
        lambda op: reshaped(op, op.input, op.shape),
    ),
    "flatten": _flattened,
    "cat": _concatenate,
    "stack": _stacked,
    **dict.fromkeys(("permute", "transpose"), _moved),
    "slice": _sliced,
    "select": _selected,
    **dict.fromkeys(("chunk", "split", "split_with_sizes"), _parts),
    "unbind": _elements,
}
