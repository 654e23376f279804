"""Memory as 64-bit words, at addresses that are integers."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WORD = 8
"""Bytes of a word."""


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
