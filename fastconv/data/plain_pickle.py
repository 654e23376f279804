"""Pickles of plain data, read without Python's pickle: nothing in a file is ever called or imported.

A pickle is a program for a small stack machine. The one below has the operations for numbers, text, bytes,
lists, tuples, dicts and NumPy's arrays of numbers, and refuses all others. The names of functions in it are
keys of a table of functions of this file.
"""

import math
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.types import Array

CODES = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f4", "f8", "b1"}
"""The types of arrays that are read, in NumPy's short form."""
_MARK = object()


def loads(content: bytes) -> Any:
    """The value that a pickle holds; strings of Python 2 are bytes, and keys of dicts text.

    ValueError for what is no pickle, is cut short, or holds anything but plain data.
    """
    machine = _Machine()
    try:
        for operation, argument, _ in pickletools.genops(content):
            machine.run(operation.name, argument)
    except (IndexError, KeyError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"damaged: {type(error).__name__}: {error}") from None
    return machine.result()


class _Machine:
    """A stack, a memo, and what each operation does with them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def result(self) -> Any:
        """The only value left on the stack."""
        if len(self.stack) != 1:
            raise ValueError(f"damaged: {len(self.stack)} values at its end")
        return _plain(self.stack[0])

    def run(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self.stack.append(_VALUES[name](argument))
        elif name in _PUT:
            self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]
        elif name in _GET:
            self.stack.append(self.memo[argument])
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        elif name not in _NOTHING:
            raise ValueError(f"the operation {name}, which plain data does not need")

    def marked(self) -> list[Any]:
        """Everything above the last mark, which is removed with it."""
        values = []
        while (value := self.stack.pop()) is not _MARK:
            values.append(_plain(value))
        return values[::-1]

    def pop(self, count: int) -> list[Any]:
        """The last values."""
        values = [_plain(self.stack.pop()) for _ in range(count)]
        return values[::-1]

    def extend(self, values: list[Any]) -> None:
        """Appends to the list on top of the stack."""
        self._top(list).extend(values)

    def update(self, values: list[Any]) -> None:
        """Adds keys and values, which alternate, to the dict on top of the stack."""
        self._top(dict).update(zip(map(_key, values[::2]), values[1::2], strict=True))

    def call(self) -> None:
        """Puts what one of the known functions makes of the arguments on top in their place."""
        arguments = self.stack.pop()
        function = self.stack.pop()
        if not isinstance(function, _Function) or not isinstance(arguments, tuple):
            raise ValueError("a call of something that is no function")
        self.stack.append(function.code(*arguments))

    def build(self) -> None:
        """Gives the unfinished array or type under the top its state."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], (_Array, _Type)) or not isinstance(state, tuple):
            raise ValueError("a state for something that takes none")
        self.stack[-1].take(*state)

    def _top(self, kind: type) -> Any:
        if type(self.stack[-1]) is not kind:
            raise ValueError(f"items for something that is no {kind.__name__}")
        return self.stack[-1]


class _Function:
    """A function that a pickle may name."""

    def __init__(self, code: Callable[..., Any]) -> None:
        self.code = code


class _Type:
    """The type of an array: NumPy's dtype, which a pickle makes first without its byte order."""

    def __init__(self, code: Any, *_: Any) -> None:
        text = code.decode("latin-1") if isinstance(code, bytes) else code
        if text not in CODES:
            raise ValueError(f"an array of type {text!r:.40}, which is no plain number")
        self.dtype = np.dtype(text)

    def take(self, _version: int, order: Any, *_: Any) -> None:
        text = order.decode("latin-1") if isinstance(order, bytes) else order
        if text not in ("<", ">", "=", "|"):
            raise ValueError(f"an array of byte order {text!r:.40}")
        self.dtype = np.dtype(f"{text}{self.dtype.str[1:]}")


class _Array:
    """An array, which a pickle makes first without its content."""

    def __init__(self, *_: Any) -> None:
        self.array: Array | None = None

    def take(self, _version: int, shape: Any, kind: Any, fortran: Any, content: Any) -> None:
        self.array = _from_bytes(content, kind, shape, "F" if fortran else "C")


def _from_buffer(content: Any, kind: Any, shape: Any, order: str) -> _Array:
    result = _Array()
    result.array = _from_bytes(content, kind, shape, order)
    return result


def _from_bytes(content: Any, kind: Any, shape: Any, order: str) -> Array:
    """An array of this content in native byte order; ValueError where anything does not fit."""
    if not isinstance(kind, _Type) or not isinstance(shape, tuple) or not isinstance(content, bytes):
        raise ValueError("an array that is not made of shape, type and bytes")
    if any(type(length) is not int or length < 0 for length in shape) or order not in ("C", "F"):
        raise ValueError(f"an array of shape {shape!r:.40}")
    needed = math.prod(shape) * kind.dtype.itemsize
    if len(content) != needed:
        raise ValueError(f"an array of {len(content)} bytes, needs {needed} for shape {shape}")
    array = np.frombuffer(content, kind.dtype).reshape(shape, order=order)  # type: ignore[call-overload]
    return array.astype(kind.dtype.newbyteorder("="), copy=False)


def _encoded(text: Any, encoding: Any) -> bytes:
    """Bytes in a pickle of protocol 2 that Python 3 wrote."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("a call of encode for what is no text")
    return text.encode("latin-1")


def _known(name: str) -> Any:
    """What a pickle means by the name of a function or class, "module name"."""
    module, _, function = name.replace("numpy._core", "numpy.core", 1).partition(" ")
    if (module, function) not in _FUNCTIONS:
        raise ValueError(f"the name {f'{module}.{function}'[:80]!r}, which is none of plain data")
    return _FUNCTIONS[module, function]


def _key(value: Any) -> str | int:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, (str, int)):
        raise ValueError(f"a dict with a key of type {type(value).__name__}")
    return value


def _plain(value: Any) -> Any:
    """A value as it is handed out: an array that is complete in place of its maker."""
    if isinstance(value, _Array) and value.array is not None:
        return value.array
    return value


_FUNCTIONS = {
    ("numpy.core.multiarray", "_reconstruct"): _Function(_Array),
    ("numpy.core.numeric", "_frombuffer"): _Function(_from_buffer),
    ("numpy", "dtype"): _Function(_Type),
    ("numpy", "ndarray"): None,
    ("_codecs", "encode"): _Function(_encoded),
    ("__builtin__", "bytes"): _Function(lambda: b""),
}
_NOTHING = {"PROTO", "FRAME", "STOP"}
_PUT = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
_GET = {"GET", "BINGET", "LONG_BINGET"}

_OWN = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
)
_VALUES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_OWN, lambda argument: argument),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), lambda text: text.encode("latin-1")),
    "BYTEARRAY8": bytes,
    "MARK": lambda _: _MARK,
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_LIST": lambda _: [],
    "EMPTY_DICT": lambda _: {},
    "EMPTY_TUPLE": lambda _: (),
    "GLOBAL": _known,
}
"""What operations push that make a value of their argument alone."""


def _dict(machine: _Machine, _: Any) -> None:
    values = machine.marked()
    machine.stack.append({})
    machine.update(values)


_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.marked())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "LIST": lambda machine, _: machine.stack.append(machine.marked()),
    "DICT": _dict,
    "APPEND": lambda machine, _: machine.extend(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.marked()),
    "SETITEM": lambda machine, _: machine.update(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.marked()),
    "STACK_GLOBAL": lambda machine, _: machine.stack.append(_known("{} {}".format(*machine.pop(2)))),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
}
"""What operations do that work on the stack."""
