"""A parallel region as machine code enters it.

`deal` makes every worker call the very kernel that `deal` stands in, with the same arguments, on a share of
its jobs: a kernel is compiled once, whether it runs in one thread or in many.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_INT = ir.IntType(64)
_MEMORY = ir.IntType(8).as_pointer()
_TASK = ir.FunctionType(ir.VoidType(), [_MEMORY, _INT, _INT])
OWN = 4
"""Last arguments of a kernel, its own in each worker: first and last job, workers, region."""


@intrinsic
def deal(typingctx: Any, region: Any, jobs: Any, workers: Any) -> tuple[Any, Callable[..., Any]]:
    """Workers run this kernel on shares of its jobs, in the region whose machine code begins at `region`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kernel = builder.function
        shared = ir.LiteralStructType([a.type for a in kernel.args[2:-OWN]])
        arguments = cgutils.alloca_once(builder, shared)
        for i, argument in enumerate(kernel.args[2:-OWN]):
            builder.store(argument, cgutils.gep_inbounds(builder, arguments, 0, i))
        numbers = [args[1], args[2], builder.ptrtoint(_task(kernel, shared), _INT)]
        numbers.append(builder.ptrtoint(arguments, _INT))
        kind = context.call_conv.get_function_type(types.none, [types.int64] * 4)
        _call(builder, builder.inttoptr(args[0], kind.as_pointer()), kind, numbers)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


def _task(kernel: Any, shared: Any) -> Any:
    """A function of (arguments, first, last) that calls the kernel in one worker."""
    task = ir.Function(kernel.module, _TASK, kernel.name + ".task")
    task.linkage = "internal"
    builder = ir.IRBuilder(task.append_basic_block())
    pointer = builder.bitcast(task.args[0], shared.as_pointer())
    own = [*task.args[1:], ir.Constant(_INT, 1), ir.Constant(_INT, 0)]
    loaded = builder.load(pointer)
    arguments = [builder.extract_value(loaded, i) for i in range(len(shared.elements))]
    _call(builder, kernel, kernel.function_type, [*arguments, *own])
    builder.ret_void()
    return task


def _call(builder: Any, function: Any, kind: Any, arguments: list[Any]) -> None:
    """Call by Numba's convention: first room for a result and an exception, of which a kernel has none."""
    room = [cgutils.alloca_once(builder, argument.pointee, zfill=True) for argument in kind.args[:2]]
    builder.call(function, [*room, *arguments])


@intrinsic
def run(typingctx: Any, task: Any, arguments: Any, first: Any, last: Any) -> tuple[Any, Callable[..., Any]]:
    """Do the jobs `first` to `last` (exclusive) of the task that begins at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        task, arguments, first, last = args
        function = builder.inttoptr(task, _TASK.as_pointer())
        builder.call(function, [builder.inttoptr(arguments, _MEMORY), first, last])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), codegen
