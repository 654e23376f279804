"""Schedules that multiply the rate by the same factor, again and again."""

from collections.abc import Iterable
from typing import ClassVar

from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.optimizer import Optimizer


class StepLR(LRScheduler):
    """lr <- gamma · lr every `step_size` steps.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `step_size`: how many steps lie between two changes, a whole number of at least 1.
    - `gamma`: the factor, a finite number of at least 0.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    hyperparameters = ("step_size", "gamma")
    checks: ClassVar[Checks] = {
        **LRScheduler.checks,
        "step_size": arguments.positive,
        "gamma": arguments.size,
    }

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _begun(self) -> list[float]:
        return self._next(self.last_epoch)

    def _next(self, epoch: int) -> list[float]:
        factor = self.gamma if epoch and epoch % self.step_size == 0 else 1.0
        return [lr * factor for lr in self.get_last_lr()]


class MultiStepLR(LRScheduler):
    """lr <- gamma · lr at each of the `milestones`.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `milestones`: the steps at which the rate changes; one that is there twice counts twice.
    - `gamma`: the factor, a finite number of at least 0.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    milestones: list[int]
    hyperparameters = ("milestones", "gamma")
    checks: ClassVar[Checks] = {**LRScheduler.checks, "milestones": arguments.places, "gamma": arguments.size}

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self._set(milestones=milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _begun(self) -> list[float]:
        return self._next(self.last_epoch)

    def _first(self) -> list[float]:
        return [lr * self.gamma ** self.milestones.count(0) for lr in self.base_lrs]

    def _next(self, epoch: int) -> list[float]:
        times = self.milestones.count(epoch)
        return [lr * self.gamma**times if times else lr for lr in self.get_last_lr()]


class ExponentialLR(LRScheduler):
    """lr <- gamma · lr with every step.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `gamma`: the factor, a finite number of at least 0.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    hyperparameters = ("gamma",)
    checks: ClassVar[Checks] = {**LRScheduler.checks, "gamma": arguments.size}

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, epoch: int) -> list[float]:
        return [lr * self.gamma for lr in self.get_last_lr()]
