"""Arrays as a kernel receives them: what NumPy's object says of its memory, read as it lies.

Numba counts a reference to every array that a function receives, which takes longer than a small kernel. An
operand belongs to the caller for the length of the call; its type and its layout have been checked. A kernel
of many arrays is given a table of their addresses. Where the fields of objects are not known,
Numba receives the arrays in its own way.
"""

from collections.abc import Callable
from typing import Any

from numba import typeof, types
from numba.core import cgutils
from numba.core.datamodel.models import ArrayModel
from numba.core.imputils import impl_ret_borrowed
from numba.extending import NativeValue, intrinsic, register_model, unbox
from numba.np.arrayobj import make_array, populate_array

from .native.layouts import DATA, DIMENSIONS, known


class Operand(types.Type):
    """The type of a C-contiguous array that the caller keeps alive."""

    def __init__(self, array: types.Array) -> None:
        self.array = array
        super().__init__(name=f"Operand({array})")


@register_model(Operand)
class _OperandModel(ArrayModel):
    def __init__(self, dmm: Any, operand: Operand) -> None:
        super().__init__(dmm, operand.array)


@unbox(Operand)
def _unbox(typ: Operand, value: Any, c: Any) -> NativeValue:
    b, word = c.builder, cgutils.intp_t
    array = make_array(typ.array)(c.context, b)

    def field(offset: int, kind: Any) -> Any:
        address = b.gep(b.bitcast(value, cgutils.voidptr_t), [word(offset)])
        return b.load(b.bitcast(address, kind.as_pointer()))

    sizes = field(DIMENSIONS, word.as_pointer())
    shape = [b.load(cgutils.gep_inbounds(b, sizes, axis)) for axis in range(typ.array.ndim)]
    item = word(typ.array.dtype.bitwidth // 8)
    steps: list[Any] = []
    step: Any = item
    for length in reversed(shape):
        steps.insert(0, step)
        step = b.mul(step, length)
    data = field(DATA, c.context.get_data_type(typ.array.dtype).as_pointer())
    populate_array(array, data, shape, steps, item, None)
    return NativeValue(array._getvalue())


@intrinsic
def array(typingctx: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """An operand as an array; anything else as it is."""
    result = value.array if isinstance(value, Operand) else value

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return args[0] if isinstance(value, Operand) else impl_ret_borrowed(context, builder, value, args[0])

    return result(value), codegen


@intrinsic
def elements(typingctx: Any, array: Any, first: Any, size: Any, like: Any) -> tuple[Any, Callable[..., Any]]:
    """`size` elements, from `first` on, of a C-contiguous array at an address, typed as `like`."""
    typ = types.Array(like.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = context.get_data_type(like.dtype).as_pointer()
        data = builder.inttoptr(args[0], pointer)
        data = builder.gep(data, [args[1]])
        line, item = context.make_array(typ)(context, builder), cgutils.intp_t(like.dtype.bitwidth // 8)
        populate_array(line, data, (args[2],), (item,), item, None)
        return line._getvalue()

    return typ(array, first, size, like), codegen


def operand_type(value: Any) -> types.Type:
    """The type of an argument as a kernel receives it."""
    typ = typeof(value)
    if not (isinstance(typ, types.Array) and typ.layout == "C"):
        return typ
    array = typ.copy(readonly=False)
    return Operand(array) if known() else array
