"""A parallel region as machine code enters it.

`deal` makes every worker call the kernel that contains it, with the same arguments, on a share of its jobs: a
kernel is compiled once, whether it runs in one thread or in many.
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
PER_WORKER = 4
"""The last arguments of a kernel, which each worker gets anew: first and last job, workers, region."""


@intrinsic
def deal(typingctx: Any, region: Any, jobs: Any, workers: Any) -> tuple[Any, Callable[..., Any]]:
    """Workers run this kernel on shares of its jobs, in the region whose machine code begins at `region`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        region, jobs, workers = args
        arguments = cgutils.alloca_once(builder, _INT, size=_INT(len(_given(builder.function))))
        _lay_out(builder, arguments)
        task = builder.ptrtoint(_task(builder.function), _INT)
        _enter(context, builder, region, [jobs, workers, task, builder.ptrtoint(arguments, _INT)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def write_down(typingctx: Any, memory: Any) -> tuple[Any, Callable[..., Any]]:
    """Write the address of this kernel's task to memory, and behind it the words of its arguments."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        words = builder.inttoptr(args[0], _INT.as_pointer())
        builder.store(builder.ptrtoint(_task(builder.function), _INT), words)
        _lay_out(builder, builder.gep(words, [_INT(1)]))
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@intrinsic
def enter(
    typingctx: Any, region: Any, jobs: Any, workers: Any, task: Any, arguments: Any
) -> tuple[Any, Callable[..., Any]]:
    """Workers run a task on shares of its jobs."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _enter(context, builder, args[0], args[1:])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), codegen


def _given(kernel: Any) -> Any:
    """The arguments of a kernel that are the same for all workers, without the two of Numba's convention."""
    return kernel.args[2:-PER_WORKER]


def _lay_out(builder: Any, words: Any) -> None:
    """Write the arguments of the kernel that is being built, one to each word."""
    for i, argument in enumerate(_given(builder.function)):
        slot = builder.gep(words, [_INT(i)])
        builder.store(argument, builder.bitcast(slot, argument.type.as_pointer()))


def _task(kernel: Any) -> Any:
    """A function of (words of arguments, first, last) that calls the kernel in one worker."""
    name = kernel.name + ".task"
    if name in kernel.module.globals:
        return kernel.module.globals[name]
    task = ir.Function(kernel.module, _TASK, name)
    task.linkage = "internal"
    builder = ir.IRBuilder(task.append_basic_block())
    words = builder.bitcast(task.args[0], _INT.as_pointer())
    loaded = []
    for i, argument in enumerate(_given(kernel)):
        slot = builder.gep(words, [_INT(i)])
        loaded.append(builder.load(builder.bitcast(slot, argument.type.as_pointer())))
    _call(builder, kernel, kernel.function_type, [*loaded, *task.args[1:], _INT(1), _INT(0)])
    builder.ret_void()
    return task


def _enter(context: Any, builder: Any, region: Any, numbers: list[Any]) -> None:
    kind = context.call_conv.get_function_type(types.none, [types.int64] * 4)
    _call(builder, builder.inttoptr(region, kind.as_pointer()), kind, numbers)


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
