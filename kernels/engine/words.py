"""A 64-bit word of memory, at an address that is an integer."""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

WORD = 8
"""Bytes of a word."""


@intrinsic
def put(typingctx: Any, address: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """Write a word at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], args[1].type.as_pointer()), align=WORD)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen
