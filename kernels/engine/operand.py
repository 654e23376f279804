"""Arrays as a kernel receives them: their memory and their shape, without the counts of references.

Numba counts a reference to an array whenever it is passed on, and workers would do so to one count. An
operand belongs to the caller for the length of the call, so nobody has to count. A kernel of many arrays is
given a table of their addresses.
"""

from collections.abc import Callable
from typing import Any

from numba import typeof, types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


@intrinsic
def array(typingctx: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """An array without an owner; anything else as it is."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if not isinstance(value, types.Array):
            return impl_ret_borrowed(context, builder, value, args[0])
        operand = make_array(value)(context, builder, args[0])
        for owner in ("meminfo", "parent"):
            setattr(operand, owner, cgutils.get_null_value(getattr(operand, owner).type))
        return operand._getvalue()

    return value(value), codegen


@intrinsic
def elements(
    typingctx: Any, address: Any, first: Any, size: Any, like: Any
) -> tuple[Any, Callable[..., Any]]:
    """`size` elements, from `first` on, of a C-contiguous array at an address, typed as `like`."""
    typ = types.Array(like.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = context.get_data_type(like.dtype).as_pointer()
        data = builder.gep(builder.inttoptr(args[0], pointer), [args[1]])
        line, item = make_array(typ)(context, builder), cgutils.intp_t(like.dtype.bitwidth // 8)
        populate_array(line, data, (args[2],), (item,), item, None)
        return line._getvalue()

    return typ(address, first, size, like), codegen


def operand_type(value: Any) -> types.Type:
    """The type of an argument as a kernel receives it; read-only arrays share that of others."""
    typ = typeof(value)
    return typ.copy(readonly=False) if isinstance(typ, types.Array) else typ
