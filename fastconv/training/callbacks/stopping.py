"""Callbacks that end a training."""

import math
from typing import Any

from fastconv import validate
from fastconv.training.callbacks.callback import Callback, Training
from fastconv.training.callbacks.monitor import Monitor
from fastconv.training.history import Logs
from fastconv.types import Array


class EarlyStopping(Monitor):
    """Stops when `monitor` has not improved by more than `min_delta` for `patience` epochs in a row.

    `best` and `best_epoch` tell of the best epoch so far, `stopped_epoch` where it stopped, or None.

    **Arguments:**

    - `monitor`: the name of the figure to watch, one of `trainer.figures`: "val_loss" needs validation data.
    - `patience`: how many epochs in a row may be no improvement, a whole number; with 0 the first one stops.
    - `min_delta`: an epoch counts as better where the figure is better by more than this, at least 0.
    - `mode`: "min" or "max", what is better; None is "max" for accuracies, precision, recall, F1, AUC and R2
      under the names that `training.metrics` gives them, else "min".
    - `restore_best`: whether the model ends with the parameters and buffers of its best epoch, however
      training ended.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 0,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore_best: bool = True,
    ) -> None:
        super().__init__(monitor, mode)
        self.patience = patience
        self.min_delta = min_delta
        self.restore_best = restore_best

    def _forget(self) -> None:
        super()._forget()
        self.stopped_epoch: int | None = None
        self.wait = 0
        self._best_state: dict[str, Array] | None = None

    def _checked(self, name: str, value: Any) -> Any:
        kind = type(self).__name__
        if name in ("patience", "wait") or (name == "stopped_epoch" and value is not None):
            return validate.integer(kind, name, value, low=0)
        if name == "min_delta":
            return validate.number(kind, name, value, 0, math.inf)
        if name == "restore_best":
            return validate.flag(kind, name, value)
        return super()._checked(name, value)

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Compares with the best epoch so far."""
        self.wait += 1
        if self._sees(epoch, logs, self.min_delta):
            self.wait = 0
            if self.restore_best:
                self._best_state = trainer.model.state_dict()
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            trainer.stop_training = True

    def on_fit_end(self, trainer: Training) -> None:
        """Brings the best parameters and buffers back."""
        if self._best_state is not None:
            trainer.model.load_state_dict(self._best_state)

    def state_dict(self) -> dict[str, Any]:
        """The best epoch so far, and the model's state in it."""
        return {**super().state_dict(), "wait": self.wait, "parameters": self._best_state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        super().load_state_dict(state)
        self.wait, self._best_state = state["wait"], state["parameters"]


class TerminateOnNaN(Callback):
    """Stops as soon as the loss of a batch is NaN or infinite."""

    def on_batch_end(self, trainer: Training, batch: int, logs: Logs) -> None:
        """Looks at the batch's loss."""
        if not math.isfinite(logs["loss"]):
            trainer.stop_training = True
