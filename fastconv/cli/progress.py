"""What `fastconv train` shows of the epochs, and where it gives up."""

import math
import sys

from fastconv.cli import text
from fastconv.training.callbacks import Callback, Training
from fastconv.training.history import Logs
from fastconv.types import Array

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


class LastEpoch(Callback):
    """What the finished epochs gave: their number, and the parameters at the end of the last of them."""

    def __init__(self) -> None:
        self.finished: tuple[int, dict[str, Array]] = (0, {})

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Copy the parameters."""
        self.finished = epoch + 1, trainer.model.state_dict()


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
