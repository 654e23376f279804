"""When the schedule of a trainer's learning rates makes its steps."""

from typing import Any

from fastconv import optim, validate
from fastconv.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from fastconv.training.history import Logs


class Schedule:
    """A schedule, or none, that goes on after each epoch or after each step.

    **Arguments:**

    - `scheduler`: the schedule of this optimizer, or None.
    - `interval`: "epoch" or "step".
    - `optimizer`: what the trainer updates the parameters with.
    """

    def __init__(self, scheduler: LRScheduler | None, interval: Any, optimizer: optim.Optimizer) -> None:
        if not (isinstance(interval, str) and interval in ("epoch", "step")):
            needs = "'epoch' or 'step'"
            raise validate.wrong_value("Trainer", "lr_scheduler_interval", repr(interval), needs)
        if scheduler is not None:
            validate.instance("Trainer", "lr_scheduler", scheduler, LRScheduler)
            if scheduler.optimizer is not optimizer:
                needs = "one made of this trainer's"
                raise validate.wrong_value(
                    "Trainer", "lr_scheduler", "a schedule of another optimizer", needs
                )
            if isinstance(scheduler, ReduceLROnPlateau) and interval == "step":
                needs = "lr_scheduler_interval='epoch': the figure that it watches is an epoch's"
                raise validate.wrong_value("Trainer", "lr_scheduler", "ReduceLROnPlateau", needs)
        self.scheduler = scheduler
        self.by_steps = interval == "step"

    def after_step(self) -> None:
        """Goes on if the schedule counts steps."""
        if self.by_steps and self.scheduler is not None:
            self.scheduler.step()

    def after_epoch(self, logs: Logs) -> None:
        """Goes on if the schedule counts epochs; `ReduceLROnPlateau` gets val_loss, or loss without it."""
        if self.by_steps or self.scheduler is None:
            return
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(logs.get("val_loss", logs["loss"]))
        else:
            self.scheduler.step()
