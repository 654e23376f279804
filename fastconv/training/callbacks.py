"""Callbacks: what happens between the steps of `Trainer.fit`.

A callback derives from `Callback` and overrides the hooks that it needs. `logs` is a dict of floats: `loss`
and the metrics, at the end of an epoch also those of the validation data (`val_loss`). Setting
`trainer.stop_training = True` ends the training after the current batch.
"""

import math
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from fastconv import nn, optim, validate
from fastconv.attributes import Settings
from fastconv.training.history import History, Logs, figures
from fastconv.types import Array


class Training(Protocol):
    """What a callback sees of the trainer: the training that is under way."""

    history: History
    """The epochs of this `fit` so far."""
    epochs: int
    """The number of epochs trained so far, in all fits."""
    stop_training: bool
    """Set to True, it ends the training after the current batch."""

    @property
    def model(self) -> nn.Layer:
        """The network, as the last update left it."""

    @property
    def optimizer(self) -> optim.Optimizer:
        """What updates the parameters; its settings may be changed between two steps."""

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures that each epoch's `logs` hold."""

    def save(self, path: str | Path) -> None:
        """Writes everything that the training needs to go on."""


class Callback:
    """Empty hooks, in the order in which they are called."""

    def on_fit_begin(self, trainer: Training) -> None:
        """Before the first epoch; `trainer.figures` names what the epochs' `logs` will hold."""

    def on_epoch_begin(self, trainer: Training, epoch: int) -> None:
        """Before the first batch of epoch 0, 1, ..."""

    def on_batch_end(self, trainer: Training, batch: int, logs: Logs) -> None:
        """After the update of batch 0, 1, ...; `logs` has its loss, 0 where no sample counts."""

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """After the validation; the history has the epoch's values already."""

    def on_fit_end(self, trainer: Training) -> None:
        """After the last epoch, and when an error or the user ends the training early."""

    def state_dict(self) -> dict[str, Any]:
        """What the callback remembers of a training, for `Trainer.save`: arrays, and what JSON can hold."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave, after `on_fit_begin` of a resumed training."""


class EarlyStopping(Settings, Callback):
    """Stops when `monitor` has not improved by more than `min_delta` for `patience` epochs in a row.

    `best` and `best_epoch` tell of the best epoch so far, `stopped_epoch` where it stopped, or None.

    **Arguments:**

    - `monitor`: the name of the figure to watch, one of `trainer.figures`: "val_loss" needs validation data.
    - `patience`: how many epochs in a row may be no improvement, a whole number; with 0 the first one stops.
    - `min_delta`: an epoch counts as better where the figure is better by more than this, at least 0.
    - `mode`: "min" or "max", what is better; None is "max" for names that end in "accuracy", else "min".
    - `restore_best`: whether the model ends with the parameters of its best epoch, however training ended.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 0,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore_best: bool = True,
    ) -> None:
        self.monitor = monitor
        self.patience = patience
        self.min_delta = min_delta
        self.mode = mode
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch: int | None = None
        self.stopped_epoch: int | None = None
        self.wait = 0
        self._parameters: dict[str, Array] | None = None

    def _checked(self, name: str, value: Any) -> Any:
        kind = type(self).__name__
        if name == "monitor" and not isinstance(value, str):
            raise validate.wrong_type(kind, name, repr(value), "the name of a figure: 'val_loss' is one")
        if name in ("patience", "wait") or (name in ("best_epoch", "stopped_epoch") and value is not None):
            return validate.integer(kind, name, value, low=0)
        if name == "best":
            return validate.number(kind, name, value, -math.inf, math.inf)
        if name == "min_delta":
            return validate.number(kind, name, value, 0, math.inf)
        if name == "restore_best":
            return validate.flag(kind, name, value)
        if name == "mode":
            if value is None:
                return "max" if self.monitor.endswith("accuracy") else "min"
            if not (isinstance(value, str) and value in ("min", "max")):
                raise validate.wrong_value(kind, name, repr(value), "'min' or 'max'")
        return super()._checked(name, value)

    def on_fit_begin(self, trainer: Training) -> None:
        """Forgets the last training; ValueError where the next one does not give the figure."""
        self._forget()
        self._check_monitor(trainer.figures)

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Compares with the best epoch so far."""
        self._check_monitor(logs)
        value = logs[self.monitor]
        self.wait += 1
        if value < self.best - self.min_delta if self.mode == "min" else value > self.best + self.min_delta:
            self.best, self.best_epoch, self.wait = value, epoch, 0
            if self.restore_best:
                self._parameters = trainer.model.state_dict()
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            trainer.stop_training = True

    def on_fit_end(self, trainer: Training) -> None:
        """Brings the best parameters back."""
        if self._parameters is not None:
            trainer.model.load_state_dict(self._parameters)

    def state_dict(self) -> dict[str, Any]:
        """The best epoch so far, and its parameters."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "wait": self.wait,
            "parameters": self._parameters,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        self.best, self.best_epoch, self.wait = state["best"], state["best_epoch"], state["wait"]
        self._parameters = state["parameters"]

    def _check_monitor(self, names: Iterable[str]) -> None:
        if self.monitor not in names:
            needs = f"one of {', '.join(names)}"
            raise validate.wrong_value(type(self).__name__, "monitor", repr(self.monitor), needs)


class TerminateOnNaN(Callback):
    """Stops as soon as the loss of a batch is NaN or infinite."""

    def on_batch_end(self, trainer: Training, batch: int, logs: Logs) -> None:
        """Looks at the batch's loss."""
        if not math.isfinite(logs["loss"]):
            trainer.stop_training = True


class ProgressBar(Settings, Callback):
    """A bar for each epoch, on the terminal.

    **Arguments:**

    - `epochs`: how many epochs there will be, a whole number.
    - `batches`: how many batches an epoch has; None where that is not known.
    """

    def __init__(self, epochs: int, batches: int | None) -> None:
        self.epochs = epochs
        self.batches = batches
        self._bar: Any = None

    def _checked(self, name: str, value: Any) -> Any:
        if name == "epochs" or (name == "batches" and value is not None):
            return validate.integer(type(self).__name__, name, value, low=0)
        return super()._checked(name, value)

    def on_epoch_begin(self, trainer: Training, epoch: int) -> None:
        """Opens the epoch's bar."""
        title = f"epoch {epoch + 1}/{self.epochs}"
        self._bar = tqdm(total=self.batches, desc=title, unit="batch", file=sys.stderr)

    def on_batch_end(self, trainer: Training, batch: int, logs: Logs) -> None:
        """Moves the bar on."""
        self._bar.update()

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Writes the epoch's figures behind the bar."""
        self._bar.set_postfix_str(figures(logs))
        self._bar.close()

    def on_fit_end(self, trainer: Training) -> None:
        """Closes a bar that an error left open."""
        if self._bar is not None:
            self._bar.close()


class EpochLines(Settings, Callback):
    """A line for each epoch, on standard output: for logs, and where no terminal watches.

    **Arguments:**

    - `epochs`: how many epochs there will be, a whole number.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self._start = 0.0

    def _checked(self, name: str, value: Any) -> Any:
        if name == "epochs":
            return validate.integer(type(self).__name__, name, value, low=0)
        return super()._checked(name, value)

    def on_epoch_begin(self, trainer: Training, epoch: int) -> None:
        """Starts the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Writes the epoch's figures."""
        seconds = time.perf_counter() - self._start
        sys.stdout.write(f"epoch {epoch + 1}/{self.epochs}: {figures(logs)} ({seconds:.1f} s)\n")
        sys.stdout.flush()
