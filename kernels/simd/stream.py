"""Stores past the caches, for results that are too large to be found there by whoever reads them.

An ordinary store first reads the cache line that it then overwrites; a streamed (non-temporal) one does not,
which saves a third to a half of the traffic of a loop that is bound by memory. Only whole vectors are
streamed, at addresses that are multiples of a vector's size. Other threads see them after the next locked
instruction, and each synchronisation between threads has one.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..engine.machine import LINE
from .access import element
from .tile import _Emitter
from .vector import _convert, _write


def _branches(builder: Any, bypass: Any, count: Any, whole: int) -> Any:
    """Two branches: one to stream in, if `bypass` and all `whole` elements exist; one to store in."""
    exists = builder.icmp_signed(">=", count, ir.Constant(count.type, whole))
    return builder.if_else(builder.and_(bypass, exists))


def _stream(builder: Any, vector: Any, pointer: Any, size: int) -> None:
    """Write a vector of elements of `size` bytes."""
    address = builder.bitcast(pointer, vector.type.as_pointer())
    store = builder.store(vector, address, align=min(LINE, vector.type.count * size))
    store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))


@intrinsic(prefer_literal=True)
def stream(
    typingctx: Any, tile: Any, c: Any, at: Any, step: Any, columns: Any, bypass: Any
) -> tuple[Any, Callable[..., Any]]:
    """c[at + i * step + j] = tile[i, j], past the caches if `bypass` says so."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, c_array, index, c_step, count, bypass = args
        emit = _Emitter(context, builder, tile)
        pointer = emit.element(signature.args[1], c_array, index)
        with _branches(builder, bypass, count, tile.vectors * tile.lanes) as (streamed, stored):
            with streamed:
                for k in range(tile.rows * tile.vectors):
                    i, j = divmod(k, tile.vectors)
                    row = builder.gep(pointer, [builder.mul(c_step, ir.Constant(c_step.type, i))])
                    address = builder.gep(row, [ir.Constant(c_step.type, j * tile.lanes)])
                    _stream(builder, builder.extract_value(acc, k), address, emit.align)
            with stored:
                emit.put_rows(acc, pointer, c_step, count)
        return context.get_dummy_value()

    return types.void(tile, c, at, step, columns, bypass), codegen


@intrinsic(prefer_literal=True)
def pour(typingctx: Any, v: Any, y: Any, at: Any, count: Any, bypass: Any) -> tuple[Any, Callable[..., Any]]:
    """y[at + j] = v[j] for j < count, in the type of y, past the caches if `bypass` says so."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = _convert(context, builder, args[0], v, y.dtype)
        pointer = element(context, builder, signature.args[1], args[1], args[2])
        with _branches(builder, args[4], args[3], v.lanes) as (streamed, stored):
            with streamed:
                _stream(builder, value, pointer, y.dtype.bitwidth // 8)
            with stored:
                _write(builder, value, pointer, args[3], y.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(v, y, at, count, bypass), codegen
