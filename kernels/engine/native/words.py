"""Memory as 64-bit words, at addresses that are integers, and calls of machine code that begins at one."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .layouts import WORD


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
    """The address of so many words, a literal, that are the function's until it returns.

    LLVM is not told where the address comes from: since version 22 it may forget that memory whose address
    was an integer for a while is still this memory.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        integer = ir.IntType(64)
        memory = cgutils.alloca_once(builder, ir.ArrayType(integer, words.literal_value))
        address = builder.ptrtoint(memory, integer)
        unknown = ir.FunctionType(integer, [integer])
        return builder.asm(unknown, "", "=r,0,~{memory}", [address], side_effect=True)

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
