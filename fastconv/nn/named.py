"""While a plan is recorded, its operations are told the names of the layers that call them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastconv.plan.record import layer as current


def _naming(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which says whose it is while it runs; so does the closure that a forward returns."""

    def named(*arguments: Any, **options: Any) -> Any:
        token = current.set(name)
        try:
            result = function(*arguments, **options)
        finally:
            current.reset(token)
        if isinstance(result, tuple) and callable(result[-1]):
            return *result[:-1], _naming(name, result[-1])
        return result

    return named


@contextmanager
def named(model: Any) -> Iterator[None]:
    """The layers of a model without layers inside say their names, in a `with` block."""
    leaves = [(name, layer) for name, layer in model.named_modules() if not layer.children()]
    for name, layer in leaves:
        vars(layer)["forward"] = _naming(name, layer.forward)
    try:
        yield
    finally:
        for _, layer in leaves:
            vars(layer).pop("forward", None)  # another thread may have been here
