"""The figures of a training, epoch by epoch."""

from collections.abc import Iterator, Mapping

Logs = dict[str, float]
"""The figures of a batch or an epoch, by name: the loss and the metrics."""


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


def figures(logs: Logs) -> str:
    """The figures of an epoch as a line of text."""
    return ", ".join(f"{name} {value:.4g}" for name, value in logs.items())
