"""What `fastconv train` shows of the epochs, and where it gives up."""

import math
import sys
from collections.abc import Callable
from pathlib import Path

from fastconv.cli import text
from fastconv.cli.interrupts import Interrupts
from fastconv.training.callbacks import Callback, Training
from fastconv.training.history import Logs

LINES = 20
"""About how many lines a long training prints."""


class FiniteLoss(Callback):
    """Ends a training whose loss is NaN or infinite."""

    def on_epoch_begin(self, trainer: Training, epoch: int) -> None:
        """Remember the epoch."""
        self.epoch = epoch + 1

    def on_batch_end(self, trainer: Training, batch: int, logs: Logs) -> None:
        """Raise ValueError when the loss is infinite or no number."""
        if not math.isfinite(logs["loss"]):
            rate = f"a smaller one than {trainer.optimizer.lr:g}"
            raise ValueError(f"--lr: the loss became {logs['loss']} in epoch {self.epoch}; needs {rate}")


class SavesEpochs(Callback):
    """Saves the training after each epoch; signals wait from the end of the epoch until it is saved.

    `begin` is called once, before the first file is written.
    """

    def __init__(self, path: Path, interrupts: Interrupts, begin: Callable[[], None]) -> None:
        self.path, self.interrupts, self.begin = path, interrupts, begin
        self.begun = False

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Hold the signals back."""
        self.interrupts.hold()

    def on_save(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Replace the file, whole or not at all, and heed the signals again."""
        if not self.begun and trainer.leads:
            self.begin()
            self.begun = True
        trainer.save(self.path)
        self.interrupts.release()


class EpochTable(Callback):
    """The figures of the epochs in columns; on a terminal the current one is always in sight."""

    columns = ("epoch", "loss", "accuracy", "test loss", "test accuracy")
    figures = ("cross_entropy", "accuracy", "val_cross_entropy", "val_accuracy")

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.every = max(1, epochs // LINES)
        self.live = sys.stdout.isatty()
        self.open = False

    def on_fit_begin(self, trainer: Training) -> None:
        """Name the columns."""
        self._line(*self.columns, end="\n")

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Show the epoch; its line stays when it is one of the regular ones or the last."""
        stays = (epoch + 1) % self.every == 0 or epoch + 1 == self.epochs
        if stays or self.live:
            values = [
                text.percent(logs[name]) if name.endswith("accuracy") else f"{logs[name]:.4f}"
                for name in self.figures
            ]
            self._line(f"{epoch + 1}/{self.epochs}", *values, end="\n" if stays else "\r")
            self.open = not stays

    def on_fit_end(self, trainer: Training) -> None:
        """Finish a line that an error or the user left open."""
        if self.open:
            print()

    def _line(self, *cells: str, end: str) -> None:
        widths = (max(len(name), 8) for name in self.columns)
        line = "   ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        print(line, end=end, flush=True)
