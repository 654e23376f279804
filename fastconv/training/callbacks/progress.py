"""Callbacks that show how a training goes on."""

import sys
import time
from typing import Any

from tqdm import tqdm

from fastconv import validate
from fastconv.attributes import Settings
from fastconv.training.callbacks.callback import Callback, Training
from fastconv.training.history import Logs, figures


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
