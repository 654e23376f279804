"""What a callback is, and what it sees of a training."""

from pathlib import Path
from typing import Any, Protocol

from fastconv import nn, optim
from fastconv.training.history import History, Logs


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

    @property
    def leads(self) -> bool:
        """Whether this process writes and shows what one of several has to: rank 0, or the only one."""

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

    def epoch_figures(self, trainer: Training) -> Logs:
        """Figures of its own, which the logs of each epoch get: always those of the same names."""
        return {}

    def on_epoch_end(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """After the validation; the history has the epoch's values already."""

    def on_save(self, trainer: Training, epoch: int, logs: Logs) -> None:
        """When every callback has seen the end of the epoch: what is saved here is resumed exactly."""

    def on_fit_end(self, trainer: Training) -> None:
        """After the last epoch, and when an error or the user ends the training early."""

    def state_dict(self) -> dict[str, Any]:
        """What the callback remembers of a training, for `Trainer.save`: arrays, and what JSON can hold."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave, after `on_fit_begin` of a resumed training."""
