"""Operations that replay: a call like an earlier one runs that call's machine code directly."""

import inspect
import operator
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar

from fastconv import exchange
from fastconv.backends import active

Operation = TypeVar("Operation", bound=Callable[..., Any])

_SOURCE = """
def {name}{signature}:
    backend = active()
    result = replay(backend, {arguments})
    if result is None:
        return record(backend, {arguments})
    return function({arguments}) if result is NotImplemented else result
"""
"""The arguments are spelled out because passing on `*arguments` takes longer than finding the call."""


def replayed(function: Operation) -> Operation:
    """Wraps an operation so that the compiled kernels replay its calls.

    That is for operations of which the kinds of the arguments decide all but the numbers: the shapes, types
    and memory layouts of arrays, and the other arguments' values.
    """
    signature = inspect.signature(function)
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    source = _SOURCE.format(
        name=function.__name__,
        signature=inspect.Signature(plain),
        arguments=", ".join(signature.parameters),
    )
    names: dict[str, Any] = {"__name__": __name__, "active": active, "function": function}

    def record(backend: Any, *arguments: Any) -> Any:
        if not exchange.PLAIN.issuperset(map(type, arguments)):  # no table keeps another library's array
            given = zip(signature.parameters, arguments, strict=True)
            arrays = [exchange.taken(function.__name__, name, value) for name, value in given]
            if any(map(operator.is_not, arrays, arguments)):
                return names[function.__name__](*arrays)
        if backend.__name__ != "fastconv.kernels":
            return function(*arguments)
        from fastconv.kernels.engine.replay import table_of

        table = table_of(function)
        if table is None:
            return function(*arguments)
        names["replay"] = table.replay
        return table.record(backend, *arguments)

    names.update(replay=lambda *_: None, record=record)
    exec(source, names)
    wrapper: Any = update_wrapper(names[function.__name__], function)
    return wrapper
