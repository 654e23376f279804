"""What a computation does, operation by operation, found out without computing anything.

The function runs once, as it would: layers call operations, and these the backend. The backend that they find
notes each operation, with what the kernels in it would do (`kernels.engine.trace`), and gives back arrays
without contents. What Python does with the contents of arrays cannot be noted: an array that is neither
given, nor a parameter, nor made by a kernel, is found out when a kernel is to read it (`places`).
"""

import inspect
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from fastconv import backends
from fastconv.types import Array

layer: ContextVar[str] = ContextVar("fastconv_recorded_layer", default="")
"""The name of the layer that is being recorded."""


class UnplannedError(Exception):
    """What was done depends on more than shapes and types; the message says how."""


@dataclass(eq=False)
class Operation:
    """An operation of the backend: its name, its arguments, what it gave, and the launches in it."""

    name: str
    given: dict[str, Any]
    result: Any = None
    launches: list[Any] = field(default_factory=list)
    made: list[Array] = field(default_factory=list)
    fused: tuple["Operation", ...] = ()
    """The operations that this one stands for."""
    verdicts: list[Array] = field(default_factory=list)
    """Arrays of words that are zero unless it refuses what an array holds."""
    layer: str = ""
    """The name of the layer that called it."""
    note: str = ""
    """Why rules left it alone."""

    @cached_property
    def results(self) -> list[Array]:
        """The arrays that it gave."""
        return list(arrays_in(self.result))

    @cached_property
    def reads(self) -> list[Array]:
        """The arrays that it was given."""
        return list(arrays_in(self.given))


class Recording:
    """The operations of a computation, in order; as a backend, what notes them.

    **Arguments:**

    - `kernels`: the module of the compiled kernels.
    """

    __name__ = "fastconv.plan"

    def __init__(self, kernels: Any) -> None:
        from fastconv.kernels.engine.trace import Trace

        self.kernels = kernels
        self.trace = Trace()
        self.operations: list[Operation] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.kernels.__all__:
            raise AttributeError(name)
        signature = inspect.signature(getattr(self.kernels, name))

        def noted(*arguments: Any, **options: Any) -> Any:
            bound = signature.bind(*arguments, **options)
            bound.apply_defaults()
            operation = self._lowered(Operation(name, bound.arguments, layer=layer.get()))
            self.operations.append(operation)
            return operation.result

        vars(self)[name] = noted
        return noted

    def lowered(self, operation: Operation) -> Operation:
        """An operation that was not recorded, with its result and its launches."""
        from fastconv.kernels.engine.trace import tracing

        with tracing(self.trace):
            return self._lowered(operation)

    def _lowered(self, operation: Operation) -> Operation:
        trace = self.trace
        launches, made, verdicts = len(trace.launches), len(trace.made), len(trace.verdicts)
        operation.result = getattr(self.kernels, operation.name)(**operation.given)
        operation.launches, operation.made = trace.launches[launches:], trace.made[made:]
        operation.verdicts = trace.verdicts[verdicts:]
        return operation

    def launched(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The one launch of a function of kernels."""
        from fastconv.kernels.engine.trace import tracing

        with tracing(self.trace):
            function(*arguments)
        return self.trace.launches.pop()

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns; its operations are noted, and nothing is computed."""
        from fastconv.kernels.engine.trace import tracing

        with tracing(self.trace), backends.through(self):
            try:
                result = function(*arguments)
            except (TypeError, ValueError) as error:  # the layers say it themselves when they compute
                raise UnplannedError(str(error)) from error
            inside = sum(len(operation.launches) for operation in self.operations)
            if len(self.trace.launches) != inside:
                raise UnplannedError("a kernel runs outside the operations")
            if self.trace.refused:
                raise UnplannedError(self.trace.refused)
        return result


def like(x: Array) -> Array:
    """A read-only array of the same shape, strides and type, in memory that is not touched."""
    from fastconv.kernels.engine.machine import aligned

    low, high = byte_bounds(x)
    array: Array = np.ndarray(x.shape, x.dtype, aligned(high - low), x.ctypes.data - low, x.strides)
    array.flags.writeable = False
    return array


def arrays_in(value: Any) -> Iterator[Array]:
    """The arrays in nested tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        yield from arrays_in(tuple(value.values()))
