"""Watching a figure of the epochs."""

import math
import re
from collections.abc import Iterable
from typing import Any

from fastconv import validate
from fastconv.attributes import Settings
from fastconv.training.callbacks.callback import Callback, Training
from fastconv.training.history import Logs

LARGER = re.compile(r"accuracy$|(^|_)(precision|recall|f1|auc|r2)(_\d+)?$")
"""Names of figures that are better where they are larger; a number stands for a class."""


class Monitor(Settings, Callback):
    """Compares a figure with the best one of the training: `best`, in `best_epoch`.

    **Arguments:**

    - `monitor`: the name of the figure to watch, one of `trainer.figures`: "val_loss" needs validation data.
    - `mode`: "min" or "max", what is better; None is "max" for accuracies, precision, recall, F1, AUC and R2
      under the names that `training.metrics` gives them, else "min".
    """

    def __init__(self, monitor: str, mode: str | None) -> None:
        self.monitor = monitor
        self.mode = mode
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch: int | None = None

    def _checked(self, name: str, value: Any) -> Any:
        kind = type(self).__name__
        if name == "monitor" and not isinstance(value, str):
            raise validate.wrong_type(kind, name, repr(value), "the name of a figure: 'val_loss' is one")
        if name == "mode":
            if value is None:
                return "max" if LARGER.search(self.monitor) else "min"
            if not (isinstance(value, str) and value in ("min", "max")):
                raise validate.wrong_value(kind, name, repr(value), "'min' or 'max'")
        if name == "best":
            return validate.number(kind, name, value, -math.inf, math.inf)
        if name == "best_epoch" and value is not None:
            return validate.integer(kind, name, value, low=0)
        return super()._checked(name, value)

    def on_fit_begin(self, trainer: Training) -> None:
        """Forgets the last training; ValueError where the next one does not give the figure."""
        self._forget()
        self._check_monitor(trainer.figures)

    def _sees(self, epoch: int, logs: Logs, least: float = 0.0) -> bool:
        """Whether the epoch is the best one so far, better by more than `least`; it is kept then."""
        self._check_monitor(logs)
        value = logs[self.monitor]
        better = value < self.best - least if self.mode == "min" else value > self.best + least
        if better:
            self.best, self.best_epoch = value, epoch
        return better

    def state_dict(self) -> dict[str, Any]:
        """The best epoch so far."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]

    def _check_monitor(self, names: Iterable[str]) -> None:
        if self.monitor not in names:
            needs = f"one of {', '.join(names)}"
            raise validate.wrong_value(type(self).__name__, "monitor", repr(self.monitor), needs)
