"""Who hears of gradients as soon as a layer has computed them, while the layers below still compute."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from fastconv.nn.tree import Gradients

Listener = Callable[[Any, Gradients], None]
"""A function of a layer and the gradients of its parameters."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def announce(layer: Any, gradients: Gradients) -> None:
    """Tells the listener, if there is one: these are the layer's gradients at one of its places."""
    listener = _listener.get()
    if listener is not None:
        listener(layer, gradients)


def listened() -> bool:
    """Whether there is a listener."""
    return _listener.get() is not None


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """`listener` hears of all gradients inside a `with` block, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
