"""Runs of memory that are copied, cleared and prefetched."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def element(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Where an element of an array lies, counted from its first, whatever the array's shape."""
    data = context.data_model_manager[array_type].get_field_position("data")
    return builder.gep(builder.extract_value(array, data), [index])


def _bytes(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    pointer = element(context, builder, array_type, array, index)
    return builder.bitcast(pointer, ir.IntType(8).as_pointer())


def _size(builder: Any, count: Any, dtype: Any) -> Any:
    return builder.mul(count, ir.Constant(count.type, dtype.bitwidth // 8))


@intrinsic
def copy(
    typingctx: Any, to: Any, to_at: Any, source: Any, at: Any, count: Any
) -> tuple[Any, Callable[..., Any]]:
    """to[to_at : to_at + count] = source[at : at + count], memory that does not overlap."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _bytes(context, builder, signature.args[0], args[0], args[1])
        origin = _bytes(context, builder, signature.args[2], args[2], args[3])
        cgutils.raw_memcpy(builder, target, origin, _size(builder, args[4], to.dtype), 1, align=1)
        return context.get_dummy_value()

    return types.void(to, to_at, source, at, count), codegen


@intrinsic
def clear(typingctx: Any, to: Any, at: Any, count: Any) -> tuple[Any, Callable[..., Any]]:
    """to[at : at + count] = 0"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _bytes(context, builder, signature.args[0], args[0], args[1])
        cgutils.memset(builder, target, _size(builder, args[2], to.dtype), 0)
        return context.get_dummy_value()

    return types.void(to, at, count), codegen


@intrinsic(prefer_literal=True)
def fetch(typingctx: Any, x: Any, at: Any, write: Any) -> tuple[Any, Callable[..., Any]]:
    """Prefetch the cache line of x[at], to be read or (`write` = 1) written; `at` may lie outside of x."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        numbers = [ir.Constant(word, n) for n in (write.literal_value, 3, 1)]
        builder.call(function, [_bytes(context, builder, signature.args[0], args[0], args[1]), *numbers])
        return context.get_dummy_value()

    return types.void(x, at, write), codegen


@intrinsic
def opaque(typingctx: Any, index: Any) -> tuple[Any, Callable[..., Any]]:
    """The same index, hidden from LLVM: what was read at a related index is read again, not reused."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(args[0].type, [args[0].type])
        return builder.asm(kind, "", "=r,0", args, False)

    return index(index), codegen
