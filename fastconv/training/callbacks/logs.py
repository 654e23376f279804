"""Callbacks that write down the figures of a training."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastconv import validate
from fastconv.attributes import Settings
from fastconv.training.callbacks.callback import Callback, Training
from fastconv.training.history import Logs


class _Log(Settings, Callback):
    """A file with a line for each epoch of a fit: the epochs of its history.

    A fit begins it anew. One that is resumed writes the history that was saved, so that what was logged after
    the checkpoint is not there twice.
    """

    path: Path

    def __init__(self, path: str | Path) -> None:
        self._set(path=path)
        self._begun = False

    def _checked(self, name: str, value: Any) -> Any:
        if name == "path":
            if not isinstance(value, str | os.PathLike):
                raise validate.wrong_type(type(self).__name__, name, repr(value), "a file's name")
            return Path(value)
        return super()._checked(name, value)

    def on_fit_begin(self, trainer: Training) -> None:
        """Makes the file's folder; IsADirectoryError where the file is one."""
        self._begun = False
        if self.path.is_dir():
            raise IsADirectoryError(f"{type(self).__name__}: path: {self.path} is a folder, needs a file")
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_begin(self, trainer: Training, epoch: int) -> None:
        """Begins the file, once nothing can refuse the fit any more."""
        if not self._begun and trainer.leads:
            history = trainer.history
            rows = [
                (earlier, {name: history[name][index] for name in history})
                for index, earlier in enumerate(history.epoch)
            ]
            self._write("w", self._text(trainer.figures, rows, header=True))
            self._begun = True

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Writes the epoch's line."""
        if trainer.leads:
            self._write("a", self._text(trainer.figures, [(epoch, logs)], header=False))

    def _write(self, mode: str, text: str) -> None:
        with self.path.open(mode, encoding="utf-8", newline="") as file:
            file.write(text)

    def _text(self, names: Iterable[str], rows: Iterable[tuple[int, Logs]], header: bool) -> str:
        raise NotImplementedError


class CSVLogger(_Log):
    """Writes the figures of each epoch to a CSV file: `epoch`, counted from 0, and those of `logs`.

    A fit begins the file anew; one that is resumed goes on with it from the epoch that was saved.

    **Arguments:**

    - `path`: the file's name.
    """

    def _text(self, names: Iterable[str], rows: Iterable[tuple[int, Logs]], header: bool) -> str:
        file = io.StringIO()
        columns = ("epoch", *names)
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows({"epoch": epoch, **logs} for epoch, logs in rows)
        return file.getvalue()


class JSONLogger(_Log):
    """Writes the figures of each epoch to a file of JSON lines: `{"epoch": 0, "loss": 0.5, ...}`.

    What is no number or infinite is null, as JSON has neither. A fit begins the file anew; one that is
    resumed goes on with it from the epoch that was saved.

    **Arguments:**

    - `path`: the file's name.
    """

    def _text(self, names: Iterable[str], rows: Iterable[tuple[int, Logs]], header: bool) -> str:
        lines = []
        for epoch, logs in rows:
            finite = {name: value if math.isfinite(value) else None for name, value in logs.items()}
            lines.append(json.dumps({"epoch": epoch, **finite}) + "\n")
        return "".join(lines)


class LearningRateLogger(Callback):
    """Adds `lr`, the learning rate with which the epoch began, to the epoch's logs and the history.

    Where the optimizer has several groups, `lr` is the first one's, and `lr_1`, `lr_2`, ... are the others'.
    """

    def __init__(self) -> None:
        self._rates: Logs = {}

    def on_fit_begin(self, trainer: Training) -> None:
        """Forgets the last training."""
        self._rates = {}

    def on_epoch_begin(self, trainer: Training, epoch: int) -> None:
        """Notes the rates."""
        self._rates = _rates(trainer)

    def epoch_figures(self, trainer: Training) -> Logs:
        """The rates of the epoch."""
        return self._rates or _rates(trainer)


def _rates(trainer: Training) -> Logs:
    groups = enumerate(trainer.optimizer.param_groups)
    return {f"lr_{index}" if index else "lr": float(group["lr"]) for index, group in groups}
