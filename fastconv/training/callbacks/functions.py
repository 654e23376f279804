"""Plain functions as callbacks."""

from collections.abc import Callable
from typing import Any

from fastconv import validate
from fastconv.attributes import Settings
from fastconv.training.callbacks.callback import Callback

Hook = Callable[..., Any]


class LambdaCallback(Settings, Callback):
    """Calls functions in place of the hooks: `LambdaCallback(on_epoch_end=lambda trainer, epoch, logs: ...)`.

    A plain function in a list of callbacks is one that is called at the end of each epoch.

    **Arguments:**

    - `on_fit_begin`: a function of (trainer), before the first epoch.
    - `on_epoch_begin`: a function of (trainer, epoch), before the first batch of epoch 0, 1, ...
    - `on_batch_end`: a function of (trainer, batch, logs), after the update of a batch.
    - `on_epoch_end`: a function of (trainer, epoch, logs), after the validation.
    - `on_save`: a function of (trainer, epoch, logs), when every callback has seen the end of the epoch.
    - `on_fit_end`: a function of (trainer), after the last epoch.
    """

    def __init__(
        self,
        *,
        on_fit_begin: Hook | None = None,
        on_epoch_begin: Hook | None = None,
        on_batch_end: Hook | None = None,
        on_epoch_end: Hook | None = None,
        on_save: Hook | None = None,
        on_fit_end: Hook | None = None,
    ) -> None:
        hooks = {
            "on_fit_begin": on_fit_begin,
            "on_epoch_begin": on_epoch_begin,
            "on_batch_end": on_batch_end,
            "on_epoch_end": on_epoch_end,
            "on_save": on_save,
            "on_fit_end": on_fit_end,
        }
        # An attribute of the object stands before the method of its class, which does nothing.
        self._set(**{name: hook for name, hook in hooks.items() if hook is not None})

    def _checked(self, name: str, value: Any) -> Any:
        if name.startswith("on_") and not callable(value):
            raise validate.wrong_type(type(self).__name__, name, repr(value), "a function or None")
        return super()._checked(name, value)
