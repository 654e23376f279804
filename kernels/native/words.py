"""Memory as 64-bit words, at addresses that are integers, and calls of machine code that begins at one."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

WORD = 8
"""Bytes of one word."""


def _reader(kind: ir.Type) -> Any:
    @intrinsic
    def read(typingctx: Any, address: Any) -> tuple[Any, Callable[..., Any]]:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = builder.load(builder.inttoptr(args[0], kind.as_pointer()), align=kind.width // 8)
            return value if kind.width == 64 else builder.sext(value, ir.IntType(64))

        return types.int64(types.int64), codegen

    return read


word, half = _reader(ir.IntType(64)), _reader(ir.IntType(32))
"""What lies at an address: an int64, an int32."""


@intrinsic
def put(typingctx: Any, address: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """Write a word at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], args[1].type.as_pointer()), align=WORD)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic(prefer_literal=True)
def room(typingctx: Any, words: Any) -> tuple[Any, Callable[..., Any]]:
    """The address of so many words, a literal, that are the function's until it returns."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(64), words.literal_value))
        return builder.ptrtoint(memory, ir.IntType(64))

    return types.int64(words), codegen


@intrinsic
def invoke(typingctx: Any, address: Any, arguments: Any) -> tuple[Any, Callable[..., Any]]:
    """Call the C function of so many words at an address; its result, a word."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        integer = ir.IntType(64)
        kind = ir.FunctionType(integer, [integer] * len(arguments))
        function = builder.inttoptr(args[0], kind.as_pointer())
        return builder.call(function, cgutils.unpack_tuple(builder, args[1]))

    return types.int64(types.int64, arguments), codegen
