"""Argument checks that the operations share.

Every message has one form: function: argument: got this, needs that. A wrong kind of object is a
TypeError, a wrong shape or value a ValueError.
"""

import contextlib
import math
import operator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import exchange
from fastconv.types import Array, Indices, Pair, Shape

LARGEST = 2**31 - 1
"""Sizes and steps up to here, and MOST elements of an array, cannot overflow a kernel's index arithmetic."""
MOST = 2**40
"""Elements of the largest array, padding included: more than any memory holds."""

SHOWN = 4
"""How many problems an error lists before it only counts."""

_INT64, _UINT64 = np.dtype(np.int64), np.dtype(np.uint64)
_FLOATS = np.dtype(np.float32), np.dtype(np.float64)
_REDUCTIONS = ("none", "mean", "sum")
_PAIR = {1: "", 2: " or a pair (height, width)"}
_SIDES = {1: " or ((before, after),)", 2: ", a pair (height, width) or ((top, bottom), (left, right))"}
"""What fits beside one integer, by the number of axes."""


def wrong_value(function: str, argument: str, got: object, needs: str) -> ValueError:
    """Build the error for a value or a shape."""
    return ValueError(f"{function}: {argument}: got {got}, needs {needs}")


def wrong_type(function: str, argument: str, got: object, needs: str) -> TypeError:
    """Build the error for an object of the wrong kind."""
    return TypeError(f"{function}: {argument}: got {got}, needs {needs}")


def listed(problems: list[str]) -> str:
    """The first of these, and how many more there are."""
    more = len(problems) - SHOWN
    return "; ".join(problems[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def array(function: str, name: str, value: Array) -> Array:
    """Check that this is a float array, and return it native and aligned."""
    (checked,) = arrays(function, (name,), value)
    return checked


def arrays(
    function: str, names: tuple[str, ...], *values: Array | None, optional: int = 0
) -> tuple[Any, ...]:
    """Check that all are float arrays of one type, and return them native and aligned.

    The first one sets the type; the last `optional` ones may be None.
    """
    checked: list[Array | None] = []
    for index, (name, value) in enumerate(zip(names, values, strict=True)):
        if value is None and index >= len(values) - optional:
            checked.append(None)
            continue
        array = native(function, name, value)
        if not checked:
            first, dtype = name, array.dtype
            if dtype not in _FLOATS:
                raise wrong_type(function, name, dtype, "float32 or float64")
        elif array.dtype is not dtype and array.dtype != dtype:
            raise wrong_type(function, name, array.dtype, f"{dtype} to match {first}")
        checked.append(array)
    return tuple(checked)


def float_type(function: str, name: str, value: DTypeLike) -> np.dtype[Any]:
    """Check that this names the type of a float array; return it. None, NumPy's float64, does not."""
    found: object = repr(value)
    if value is not None:
        with contextlib.suppress(TypeError, ValueError):
            found = np.dtype(value)
    if not isinstance(found, np.dtype) or found not in _FLOATS:
        raise wrong_type(function, name, found, "float32 or float64")
    return found


def native(function: str, name: str, value: object) -> Array:
    """Check that this is an array; copy it if its bytes are swapped or misaligned.

    A NumPy scalar, which NumPy hands out for a result without axes, is an array without axes. An array of
    another library is taken as NumPy's.
    """
    if type(value) is not np.ndarray:
        value = exchange.taken(function, name, value)
        if not isinstance(value, (np.ndarray, np.generic)):
            raise wrong_type(function, name, type(value).__name__, "a numpy.ndarray")
        if isinstance(value, np.ma.MaskedArray):
            raise wrong_type(function, name, "a masked array", "a plain numpy.ndarray")
        value = np.asarray(value)
    if value.flags.aligned and value.dtype.isnative:
        return value
    return value.astype(value.dtype.newbyteorder("="))


def whole_numbers(function: str, name: str, value: Array, stop: int, ignored: int | None = None) -> Indices:
    """The same as `labels`, but the range of int64 is not checked here: the computation does that."""
    value = native(function, name, value)
    return value if value.dtype is _INT64 else labels(function, name, value, stop, ignored)


def labels(function: str, name: str, value: Array, stop: int, ignored: int | None = None) -> Indices:
    """Check that this is an array of integers from 0 to `stop` - 1 (or `ignored`); return it as int64."""
    value = native(function, name, value)
    dtype = value.dtype
    if dtype.kind not in "iu":
        raise wrong_type(function, name, dtype, "an integer type")
    # Seen as unsigned, a negative number is larger than any valid one: one pass checks both ends.
    if value.size and (dtype is not _INT64 or np.maximum.reduce(value.view(_UINT64), axis=None) >= stop):
        wrong = (value < 0) | (value >= stop)
        if ignored is not None:
            wrong &= value != ignored
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            index = where[0] if len(where) == 1 else where
            or_ignored = "" if ignored is None else f", or ignore_index={ignored}"
            raise wrong_value(
                function, name, f"{value[where]} at index {index}", f"0 to {stop - 1}{or_ignored}"
            )
    return value if dtype is _INT64 else value.astype(_INT64)


def integer(function: str, name: str, value: int, low: int = 1, high: int = LARGEST) -> int:
    """Check that this is a whole number from `low` to `high`; a bool is not one."""
    if type(value) is not int:
        if isinstance(value, (bool, np.bool_)):
            raise wrong_type(function, name, repr(value), "an integer")
        try:
            value = operator.index(value)
        except TypeError:
            raise wrong_type(function, name, repr(value), "an integer") from None
    if not low <= value <= high:
        raise wrong_value(function, name, value, f"an integer from {low} to {high}")
    return value


def per_axis(function: str, name: str, value: Any, low: int = 1, axes: int = 2) -> tuple[int, ...]:
    """Check one number of at least `low`, also in a tuple or list, or a number for each of the axes."""
    if type(value) is int and low <= value <= LARGEST:
        return (value,) * axes
    numbers = value if isinstance(value, (tuple, list)) else (value,)
    if len(numbers) not in (1, axes):
        raise wrong_value(function, name, value, "one integer" + _PAIR[axes])
    return tuple(integer(function, name, number, low) for number in (*numbers, *numbers)[:axes])


def pair(function: str, name: str, value: Pair, low: int = 1) -> tuple[int, int]:
    """Check one number of at least `low`, also in a tuple or list, or (height, width); return the pair."""
    height, width = per_axis(function, name, value, low)
    return height, width


def single(function: str, name: str, value: int | tuple[int], low: int = 1) -> tuple[int, ...]:
    """Check one number of at least `low`, also in a tuple or list; return it in a tuple."""
    return per_axis(function, name, value, low, axes=1)


def stride(function: str, value: Any, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """Check the stride of a pooling: that of its kernel if it is None or empty."""
    if value is None or (isinstance(value, (tuple, list)) and not value):
        return kernel
    return per_axis(function, "stride", value, axes=len(kernel))


def padding(function: str, value: Any, axes: int = 2) -> tuple[tuple[int, int], ...]:
    """Check a number, or one for each of the axes, any of them maybe (before, after); return pairs."""
    numbers = value if isinstance(value, (tuple, list)) else (value,)
    if len(numbers) not in (1, axes):
        raise wrong_value(function, "padding", value, "one integer" + _SIDES[axes])
    return tuple(pair(function, "padding", number, 0) for number in (*numbers, *numbers)[:axes])


def padding_or_name(
    function: str, value: Any, names: tuple[str, ...], axes: int = 2
) -> tuple[tuple[int, int], ...] | str:
    """The same, or one of the names."""
    if not isinstance(value, str):
        return padding(function, value, axes)
    if value not in names:
        raise wrong_value(function, "padding", repr(value), f"{', '.join(map(repr, names))} or numbers")
    return value


def divisor(function: str, value: int | None) -> int | None:
    """Check that `divisor_override` is None or a whole number other than 0."""
    if value is None:
        return None
    value = integer(function, "divisor_override", value, -LARGEST)
    if value == 0:
        raise wrong_value(function, "divisor_override", 0, "None or an integer other than 0")
    return value


def output_size(function: str, value: Any, low: int = 1, axes: int = 2) -> tuple[int | None, ...]:
    """Check one number of at least `low`, or one for each of the axes, of which any may be None."""
    if isinstance(value, (tuple, list)) and len(value) == axes:
        return tuple([None if n is None else integer(function, "output_size", n, low) for n in value])
    return per_axis(function, "output_size", value, low, axes)


def size(function: str, name: str, value: Shape) -> Shape:
    """Check a shape given as a tuple or list of whole numbers."""
    if not isinstance(value, (tuple, list)):
        raise wrong_type(function, name, repr(value), "a tuple of integers")
    checked = tuple([integer(function, name, length, 0) for length in value])
    few_enough(function, name, f"shape {checked}", checked)
    return checked


def few_enough(function: str, name: str, got: object, shape: Shape) -> None:
    """Check that memory could hold an array of this shape, which argument `name` asks for."""
    if math.prod(shape) > MOST:
        raise wrong_value(function, name, got, f"at most 2**40 elements in an array, not {shape}")


def flag(function: str, name: str, value: bool) -> bool:
    """Check that this is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise wrong_type(function, name, repr(value), "True or False")
    return bool(value)


def instance(function: str, name: str, value: object, kind: type) -> None:
    """Check that this is such an object; the message tells a class given in place of an instance."""
    if isinstance(value, kind):
        return
    got, hint = type(value).__name__, ""
    if isinstance(value, type):
        got = f"the class {value.__name__}"
        hint = f": {value.__name__}(...) would fit" if issubclass(value, kind) else ""
    raise wrong_type(function, name, got, f"a {kind.__name__}{hint}")


def number(function: str, name: str, value: float, low: float, high: float) -> float:
    """Check that this is a real number from `low` to `high`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise wrong_type(function, name, repr(value), "a number")
    if not low <= value <= high:
        raise wrong_value(function, name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def axis(function: str, value: int, shape: Shape) -> int:
    """Check that `dim` names an axis; return it counted from the front. No axes count as one."""
    ndim = max(1, len(shape))
    return integer(function, "dim", value, -ndim, ndim - 1) % ndim


def reduction(function: str, value: str) -> str:
    """Check the name of a reduction."""
    if not isinstance(value, str) or value not in _REDUCTIONS:
        raise wrong_value(function, "reduction", repr(value), "'none', 'mean' or 'sum'")
    return value


def same_shape(function: str, name: str, value: Array, other: str, expected: Shape) -> None:
    """Check that an array has the shape of another argument."""
    if value.shape != expected:
        raise wrong_value(function, name, f"shape {value.shape}", f"{expected} to match {other}")
