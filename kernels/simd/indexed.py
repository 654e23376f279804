"""Vectors whose elements lie where an index says."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .vector import _call, _element, _splat, _suffix


@intrinsic
def add_at(typingctx: Any, v: Any, y: Any, at: Any, places: Any, mask: Any) -> tuple[Any, Callable[..., Any]]:
    """y[at + places[j] + j] += v[j] where mask[j]: each lane adds to memory of its own"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, array, first, index, chosen = args
        size, integers = y.dtype.bitwidth // 8, index.type
        first_element = _element(context, builder, signature.args[1], array, first)
        start = _splat(builder, builder.ptrtoint(first_element, integers.element), v.lanes)
        elements = builder.add(index, ir.Constant(integers, list(range(v.lanes))))
        offsets = builder.mul(elements, ir.Constant(integers, [size] * v.lanes))
        pointers = builder.inttoptr(
            builder.add(start, offsets), ir.VectorType(first_element.type, v.lanes)
        )  # fmt: skip
        align, name = ir.Constant(ir.IntType(32), size), f"{_suffix(values.type)}.v{v.lanes}p0"
        nothing = ir.Constant(values.type, None)
        before = _call(
            builder, f"llvm.masked.gather.{name}", values.type, [pointers, align, chosen, nothing]
        )  # fmt: skip
        after = builder.fadd(before, values)
        _call(builder, f"llvm.masked.scatter.{name}", ir.VoidType(), [after, pointers, align, chosen])
        return context.get_dummy_value()

    return types.void(v, y, at, places, mask), codegen
