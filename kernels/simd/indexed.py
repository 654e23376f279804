"""Vectors whose elements lie where an index says."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_INT32, _INT64 = ir.IntType(32), ir.IntType(64)


@intrinsic
def add_at(typingctx: Any, v: Any, y: Any, at: Any, places: Any, mask: Any) -> tuple[Any, Callable[..., Any]]:
    """y[at + places[j] + j] += v[j] where mask[j]: each lane adds to memory of its own"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, array, first, index, chosen = args
        lanes, size = v.lanes, y.dtype.bitwidth // 8
        data = cgutils.create_struct_proxy(signature.args[1])(context, builder, array).data
        base = builder.ptrtoint(builder.gep(data, [first]), _INT64)
        integers = ir.VectorType(_INT64, lanes)
        start = builder.insert_element(ir.Constant(integers, ir.Undefined), base, ir.Constant(_INT32, 0))
        start = builder.shuffle_vector(start, start, ir.Constant(ir.VectorType(_INT32, lanes), [0] * lanes))
        offsets = builder.mul(
            builder.add(index, ir.Constant(integers, list(range(lanes)))),
            ir.Constant(integers, [size] * lanes),
        )
        pointers = builder.inttoptr(builder.add(start, offsets), ir.VectorType(data.type, lanes))
        align, name = ir.Constant(_INT32, size), f"v{lanes}f{y.dtype.bitwidth}.v{lanes}p0"
        before = _call(
            builder, f"llvm.masked.gather.{name}", values.type,
            [pointers, align, chosen, ir.Constant(values.type, None)],
        )  # fmt: skip
        after = builder.fadd(before, values)
        _call(builder, f"llvm.masked.scatter.{name}", ir.VoidType(), [after, pointers, align, chosen])
        return context.get_dummy_value()

    return types.void(v, y, at, places, mask), codegen


def _call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    function = ir.FunctionType(result, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), arguments)
