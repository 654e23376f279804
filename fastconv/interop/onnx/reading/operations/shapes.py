"""Flatten, Reshape, Squeeze, Unsqueeze, Transpose, Expand, Tile, Shape and Size: where elements stand."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call
from fastconv.interop.onnx.reading.operations import patterns
from fastconv.interop.onnx.reading.tensors import FLOATS, TYPES
from fastconv.interop.onnx.reading.values import Constant, Data
from fastconv.types import Array, Shape

MOST_COPIES = 64
"""How often data may be repeated along an axis."""


def same(call: Call) -> Data:
    """The data itself."""
    return call.data()


def cast(call: Call) -> Data:
    """The data itself, which stays in the model's type."""
    kind = TYPES.get(call.integer("to"), ("another type",))[0]
    if kind not in FLOATS:
        raise call.refuse(f"data to be converted to {kind}", "floats throughout")
    return call.data()


def shape(call: Call) -> Constant:
    """The sizes of the axes, numbers that may depend on the model's input."""
    x = call.data()
    call.rank(x)
    start, end = call.integer("start"), call.integer("end", 64)
    return Constant(*(np.array(sizes[start:end], np.int64) for sizes in x.shapes or ()))


def size(call: Call) -> Constant:
    """The number of elements."""
    x = call.data()
    call.rank(x)
    return Constant(*(np.array(math.prod(sizes), np.int64) for sizes in x.shapes or ()))


def flatten(call: Call) -> Data:
    """The axes from one on as one, and those before it."""
    x, axis = call.data(), call.integer("axis", 1)
    if x.shapes is None:
        if axis != 1 or not call.making.batched:
            call.rank(x)
        return call.add(nn.Flatten(), x)
    if not -len(x.shapes[0]) <= axis <= len(x.shapes[0]):
        raise call.refuse(f"axis {axis}", f"one of {len(x.shapes[0])}")
    return reshaped(call, x, lambda s: (math.prod(s[:axis]), math.prod(s[axis:])))


def reshape(call: Call) -> Data:
    """The elements in another shape."""
    x, target = call.data(), call.inputs[1] if call.has(1) else None
    if not isinstance(target, Constant):
        raise call.refuse("a shape computed from the model's input", "a constant, or the input's own sizes")
    both = [_numbers(call, array) for array in target]
    if x.shapes is None:
        return _reshaped_unknown(call, x, both)
    zero = call.flag("allowzero")
    shapes = [_resolved(call, old, new, zero) for old, new in zip(x.shapes, both, strict=True)]
    return patterns.normalized(call, x, tuple(shapes)) or _arranged(call, x, shapes)


def squeeze(call: Call) -> Data:
    """Axes of one element left out."""
    x, axes = call.data(), call.either("axes", 1)
    rank = call.rank(x)
    if axes is None:
        sizes = x.known() or ()
        out = {axis for axis in range(call.making.batched, rank) if sizes[axis] == 1}
    else:
        out = {call.axis(axis, rank) for axis in axes}
    if any(sizes[axis] != 1 for sizes in x.shapes or () for axis in out if axis or not call.making.batched):
        raise call.refuse(f"axes {sorted(out)} of {x.known()}", "axes of one element")
    return reshaped(call, x, lambda s: tuple(n for axis, n in enumerate(s) if axis not in out))


def unsqueeze(call: Call) -> Data:
    """New axes of one element."""
    x, axes = call.data(), call.either("axes", 1) or []
    rank = call.rank(x) + len(axes)
    new = {call.axis(axis, rank) for axis in axes}
    if len(new) < len(axes):
        raise call.refuse(f"axes {axes}", "each once")

    def longer(old: Shape) -> Shape:
        rest = iter(old)
        return tuple(1 if axis in new else next(rest) for axis in range(rank))

    return reshaped(call, x, longer)


def transpose(call: Call) -> Data:
    """The axes in another order."""
    x = call.data()
    rank = call.rank(x)
    order = call.integers("perm")
    order = [*range(rank)][::-1] if order is None else [call.axis(axis, rank) for axis in order]
    if sorted(order) != [*range(rank)]:
        raise call.refuse(f"perm {order}", f"each of {rank} axes once")
    if call.making.batched and order[0] != 0:
        raise call.refuse(f"perm {order}", "the batch's axis, 0, first")
    if order == [*range(rank)]:
        return x
    dims = order if call.making.batched else [0, *(axis + 1 for axis in order)]
    return call.add(nn.Permute(tuple(dims)), x)


def expand(call: Call) -> Data:
    """Axes of one element repeated."""
    x, sizes = call.data(), call.inputs[1] if call.has(1) else None
    if not isinstance(sizes, Constant):
        raise call.refuse("a shape computed from the model's input", "a constant, or the input's own sizes")
    call.rank(x)
    targets = [_numbers(call, array) for array in sizes]
    more = max(0, len(targets[0]) - call.rank(x))
    if more:
        x = reshaped(call, x, lambda s: (*(1,) * more, *s))
    for axis in range(-len(targets[0]), 0):
        pairs = [(target[axis], old[axis]) for target, old in zip(targets, x.shapes or (), strict=True)]
        if any(old not in (1, wide) and wide != 1 for wide, old in pairs):
            raise call.refuse(f"shape {targets[0]}", f"one to which {x.known()} can grow")
        x = repeated(call, x, axis, {1 if wide == 1 else wide // max(1, old) for wide, old in pairs})
    return x


def tile(call: Call) -> Data:
    """The data repeated along its axes."""
    x, counts = call.data(), call.sizes(1)
    if counts is None or len(counts) != call.rank(x):
        raise call.refuse(f"repeats {counts}", f"one for each of {call.rank(x)} axes")
    for axis, count in enumerate(counts):
        x = repeated(call, x, axis, {count})
    return x


def repeated(call: Call, x: Data, axis: int, counts: set[int]) -> Data:
    """The data so often along an axis; `counts` has two numbers where that depends on the input's size."""
    if counts == {1}:
        return x
    (count, *other) = counts
    if other or not 1 <= count <= MOST_COPIES:
        raise call.refuse(f"data repeated {sorted(counts)} times", f"a known number up to {MOST_COPIES}")
    return call.add(nn.Concatenate(call.dim(axis, call.rank(x))), *(x,) * count)


def reshaped(call: Call, x: Data, to: Callable[[Shape], Shape]) -> Data:
    """The data in the shape that `to` makes of its own."""
    call.rank(x)
    return _arranged(call, x, [to(sizes) for sizes in x.shapes or ()])


def _numbers(call: Call, array: Array) -> list[int]:
    if array.dtype.kind not in "iu" or array.ndim != 1 or array.size > 32:
        raise call.refuse(f"{array.dtype} of shape {array.shape}", "a list of at most 32 sizes")
    numbers: list[int] = array.tolist()
    return numbers


def _resolved(call: Call, old: Shape, new: Sequence[int], zero: bool) -> Shape:
    """The shape that a target means: 0 an axis that stays, -1 what is left, the file's batch that of x."""
    sizes = [old[i] if n == 0 and not zero and i < len(old) else n for i, n in enumerate(new)]
    if call.making.batched and sizes and sizes[0] == call.making.batch and -1 not in sizes[1:]:
        if math.prod(sizes[1:]) == math.prod(old[1:]):
            sizes[0] = old[0]
    elif call.making.batched and sizes and sizes[0] == call.making.batch:
        sizes[0] = old[0]
    rest = math.prod(n for n in sizes if n != -1)
    whole = math.prod(old)
    if sizes.count(-1) > 1 or min(sizes, default=0) < -1 or (-1 in sizes and (not rest or whole % rest)):
        raise call.refuse(f"shape {list(new)}", f"one that {old} fits")
    sizes = [whole // rest if n == -1 else n for n in sizes]
    if math.prod(sizes) != whole:
        raise call.refuse(f"shape {list(new)}", f"one that {old[call.making.batched :]} fits")
    return tuple(sizes)


def _reshaped_unknown(call: Call, x: Data, targets: list[list[int]]) -> Data:
    """What can be said of data of unknown shape: (N, -1) is flat, (N, …) a shape of samples."""
    first, second = targets
    same_rest = first[1:] == second[1:] and len(first) > 1 and 0 not in first[1:]
    if not call.making.batched or not same_rest:
        call.rank(x)
    if first[0] not in (0, -1, call.making.batch) and first[0] == second[0]:
        raise call.refuse(f"shape {first}", "the batch's axis first")
    return call.add(nn.Flatten() if first[1:] == [-1] else nn.Reshape(tuple(first[1:])), x)


def _arranged(call: Call, x: Data, shapes: list[Shape]) -> Data:
    """The data in these shapes under the two input sizes, by the simplest layer that gives them."""
    batched = call.making.batched
    if x.shapes is None or len(shapes[0]) != len(shapes[1]):
        raise call.refuse("a number of axes that depends on the input's size", "one that does not")
    if batched and any(not new or new[0] != old[0] for old, new in zip(x.shapes, shapes, strict=True)):
        raise call.refuse("a shape that mixes the samples of a batch", "the batch's axis, 0, as it is")
    olds, news = ([each[batched:] for each in both] for both in (x.shapes, shapes))
    if olds == news:
        return x
    old, new = ([*zip(*both, strict=True)] for both in (olds, news))
    before = 0
    while before < min(len(old), len(new)) and old[before] == new[before]:
        before += 1
    after = 0
    while after < min(len(old), len(new)) - before and old[-1 - after] == new[-1 - after]:
        after += 1
    if len(new) == 1:
        return call.add(nn.Flatten(), x)
    middle = new[before : len(new) - after]
    dims = before + 1, len(old) - after
    open_sizes = [n if n == m else -1 for n, m in new]
    inner = [n if n == m else -1 for n, m in middle]
    if len(middle) == 1 and dims[1] > dims[0]:
        return call.add(nn.Flatten(dims[0], dims[1] if after else -1), x)
    if open_sizes.count(-1) <= 1:
        return call.add(nn.Reshape(tuple(open_sizes)), x)
    if inner.count(-1) > 1 or not middle or dims[1] < dims[0]:
        raise call.refuse("a shape of several open sizes", "one; a file with a fixed size would fit")
    flat = call.add(nn.Flatten(*dims), x) if dims[1] > dims[0] else x
    return call.add(nn.Unflatten(dims[0], tuple(inner)), flat)
