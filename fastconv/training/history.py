"""The figures of a training, epoch by epoch."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastconv.markup import table
from fastconv.plots.epochs import curves

Logs = dict[str, float]
"""The figures of a batch or an epoch, by name: the loss and the metrics."""

SHOWN = 20
"""Most epochs in the table of a notebook."""


class History(Mapping[str, list[float]]):
    """The figures of a training: `history["loss"]` has one value an epoch, `epoch` the epochs' numbers.

    It is a mapping, of the names of the figures; `history` is the dict below it.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def add(self, epoch: int, logs: Logs) -> None:
        """Appends an epoch's figures."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.history:
            known = ", ".join(self.history) or "those of a fit"
            raise KeyError(f"History: got {name!r}, needs one of {known}")
        return self.history[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def __len__(self) -> int:
        return len(self.history)

    def __repr__(self) -> str:
        last = figures({name: values[-1] for name, values in self.history.items()})
        epochs = len(self.epoch)
        return f"History({epochs} epoch{'s' * (epochs != 1)}{': ' * bool(last)}{last})"

    def plot(self, *names: str) -> Any:
        """The figures by epoch, of these names or all, as a `matplotlib.figure.Figure`: `plots.curves`.

        `loss` and `val_loss` share a panel. ValueError for a name that is not there, ImportError without
        matplotlib (pip install 'fastconv[plots]').
        """
        return curves(self, *names, epochs=[epoch + 1 for epoch in self.epoch])

    def _repr_html_(self) -> str:
        """A table for notebooks: a row an epoch, of a long training the first and the last ones."""
        count = len(self.epoch)
        # A figure that began later, as in a resumed training, ends with the last epoch.
        columns = [[""] * (count - len(v)) + [f"{x:.4g}" for x in v] for v in self.history.values()]
        rows = [(str(epoch + 1), *(column[i] for column in columns)) for i, epoch in enumerate(self.epoch)]
        if count > SHOWN:
            rows[SHOWN // 2 : count - SHOWN // 2] = [("…",) * (1 + len(columns))]
        return table(["epoch", *self.history], rows, words=())


def figures(logs: Logs) -> str:
    """The figures of an epoch as a line of text."""
    return ", ".join(f"{name} {value:.4g}" for name, value in logs.items())
