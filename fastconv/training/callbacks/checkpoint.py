"""A callback that saves the training."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastconv import validate
from fastconv.training.callbacks.callback import Training
from fastconv.training.callbacks.monitor import Monitor
from fastconv.training.history import Logs

SUFFIX = ".safetensors"


class ModelCheckpoint(Monitor):
    """Saves the training, the last epoch's and the best one's: `Trainer.resume` reads either.

    In a folder these are `last.safetensors` and `best.safetensors`. Each replaces the one before, whole or
    not at all.

    **Arguments:**

    - `path`: a folder, which is made; or the pattern of a file's name that ends in ".safetensors", in which
      `{epoch}` (from 1), `{kind}` ("last" or "best") and the epoch's figures are filled in, as in
      "run/{kind}-{epoch:03d}-{val_loss:.3f}.safetensors".
    - `monitor`: the name of the figure that says which epoch is the best one, one of `trainer.figures`;
      "val_loss" needs validation data. Not looked at without `save_best`.
    - `mode`: "min" or "max", what is better; None is "max" for accuracies, precision, recall, F1, AUC and R2
      under the names that `training.metrics` gives them, else "min".
    - `save_last`: whether the last epoch is saved.
    - `save_best`: whether the best epoch is saved.
    - `every`: the last epoch is saved every so many epochs, a whole number of at least 1.
    """

    path: Path

    def __init__(
        self,
        path: str | Path,
        monitor: str = "val_loss",
        mode: str | None = None,
        save_last: bool = True,
        save_best: bool = True,
        every: int = 1,
    ) -> None:
        super().__init__(monitor, mode)
        self._set(path=path)
        self.save_last = save_last
        self.save_best = save_best
        self.every = every

    def _checked(self, name: str, value: Any) -> Any:
        kind = type(self).__name__
        if name == "path":
            if not isinstance(value, str | os.PathLike):
                raise validate.wrong_type(
                    kind, name, repr(value), "a folder, or the pattern of a file's name"
                )
            value = Path(value)
            if "{" in str(value) and value.suffix != SUFFIX:
                needs = f"a folder without braces, or a pattern that ends in {SUFFIX}"
                raise validate.wrong_value(kind, name, value, needs)
            return value
        if name in ("save_last", "save_best"):
            return validate.flag(kind, name, value)
        if name == "every":
            return validate.integer(kind, name, value, low=1)
        return super()._checked(name, value)

    def on_fit_begin(self, trainer: Training) -> None:
        """Makes the folder; ValueError where the fit does not give the figure, or one of the pattern."""
        if self.save_best:
            super().on_fit_begin(trainer)
        self._file("last", 0, dict.fromkeys(trainer.figures, 0.0)).parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Compares with the best epoch so far."""
        if self.save_best:
            self._sees(epoch, logs)

    def on_save(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """Writes the files."""
        kinds = []
        if self.save_last and (epoch + 1) % self.every == 0:
            kinds.append("last")
        if self.save_best and self.best_epoch == epoch:
            kinds.append("best")
        for file in self._files(kinds, epoch, logs):
            file.parent.mkdir(parents=True, exist_ok=True)
            trainer.save(file)

    def _files(self, kinds: Iterable[str], epoch: int, logs: Logs) -> list[Path]:
        """The files to write, each once."""
        return list(dict.fromkeys(self._file(kind, epoch, logs) for kind in kinds))

    def _file(self, kind: str, epoch: int, logs: Logs) -> Path:
        if self.path.suffix != SUFFIX:
            return self.path / f"{kind}{SUFFIX}"
        fields = {"kind": kind, "epoch": epoch + 1, **logs}
        try:
            return Path(str(self.path).format_map(fields))
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            needs = f"the fields {', '.join(fields)} ({error})"
            raise validate.wrong_value(type(self).__name__, "path", self.path, needs) from None
