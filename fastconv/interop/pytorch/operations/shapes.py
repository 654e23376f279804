"""Operations that move or join values, or give them another shape."""

import math
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.operations.base import Make, Operation, Size, Value, layer


def _same(op: Operation) -> Any:
    """What changes nothing; ValueError for a change of type."""
    before, after = op.given.get("dtype"), getattr(op.result, "dtype", None)
    if before is not None and after != before:
        raise ValueError(f"got a conversion to {before}, needs one type throughout")
    return op.input


def _concatenate(op: Operation) -> Any:
    values, dim = op.option("tensors", "dim")
    if not all(isinstance(value, Value) for value in values):
        raise ValueError("got fixed numbers among its inputs, needs values that depend on the input")
    return op.add(nn.Concatenate(dim), *values)


def _reshaped(op: Operation) -> Any:
    """Flatten or Unflatten, whatever the operation is called."""
    value, after = op.input, op.shape
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
            return op.add(layer, value)
    raise ValueError(
        f"got {_shown(before)} as {_shown(after)}, needs axes that become one, or one that becomes axes"
    )


def _product(part: tuple[Size, ...]) -> Size:
    return math.prod(size for size in part if isinstance(size, int))


def _shown(shape: tuple[Size, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


SHAPES: dict[str, Make] = {
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "to", "_to_copy"), _same),
    **dict.fromkeys(("view", "reshape", "unflatten", "squeeze", "unsqueeze", "_unsafe_view"), _reshaped),
    "flatten": layer(nn.Flatten, "start_dim", "end_dim"),
    "cat": _concatenate,
}
