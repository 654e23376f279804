"""The callbacks of a fit: from what is given, and with what was saved."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastconv import validate
from fastconv.training.callbacks.callback import Callback
from fastconv.training.callbacks.functions import LambdaCallback

Given = Iterable[Callback | Callable[..., Any]]
"""Callbacks, and functions of (trainer, epoch, logs) that are called at the end of each epoch."""


def listed(function: str, value: Given) -> tuple[Callback, ...]:
    """The callbacks in a list or another iterable, each of them an instance or a function."""
    if not isinstance(value, Iterable):
        alone = isinstance(value, Callback)
        got, hint = (type(value).__name__, ": [callback] would fit") if alone else (repr(value), "")
        raise validate.wrong_type(function, "callbacks", got, f"a list of callbacks{hint}")
    return tuple([_one(function, callback) for callback in value])


def _one(function: str, value: Any) -> Callback:
    if callable(value) and not isinstance(value, Callback | type):
        return LambdaCallback(on_epoch_end=value)
    validate.instance(function, "callbacks", value, Callback)
    callback: Callback = value
    return callback


def restored(callbacks: Sequence[Callback], states: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Gives each callback its state of a saved training, found by the class's name; warns of what is left."""
    waiting = list(callbacks)
    for name, state in states:
        same = next((callback for callback in waiting if type(callback).__name__ == name), None)
        if same is None:
            warnings.warn(f"the training was saved with a {name}, which this fit lacks", stacklevel=4)
        else:
            waiting.remove(same)
            same.load_state_dict(state)
