"""Schedules that move the rate along a curve, over a number of steps."""

import math
from typing import ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.optimizer import Optimizer


def _start_factor(kind: str, name: str, value: float) -> float:
    factor = arguments.share(kind, name, value)
    if factor == 0:
        raise validate.wrong_value(kind, name, value, "a number above 0, up to 1")
    return factor


class LinearLR(LRScheduler):
    """lr = base · (start + (end - start) · min(t / total_iters, 1)) at step t: mostly a warm-up.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `start_factor`: what the rate is multiplied by at the start, above 0, up to 1.
    - `end_factor`: what it is multiplied by in the end, from 0 to 1.
    - `total_iters`: after how many steps the end is reached, a whole number of at least 1.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    hyperparameters = ("start_factor", "end_factor", "total_iters")
    checks: ClassVar[Checks] = {
        **LRScheduler.checks,
        "start_factor": _start_factor,
        "end_factor": arguments.share,
        "total_iters": arguments.positive,
    }

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _begun(self) -> list[float]:
        lrs = self.get_last_lr()
        return lrs if self.last_epoch else [lr * self.start_factor for lr in lrs]

    def _first(self) -> list[float]:
        return [lr * self.start_factor for lr in self.base_lrs]

    def _next(self, epoch: int) -> list[float]:
        lrs = self.get_last_lr()
        if epoch > self.total_iters:
            return lrs
        rise = self.end_factor - self.start_factor
        factor = 1.0 + rise / (self.total_iters * self.start_factor + (epoch - 1) * rise)
        return [lr * factor for lr in lrs]


class PolynomialLR(LRScheduler):
    """lr = base · (1 - min(t / total_iters, 1))^power at step t.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `total_iters`: after how many steps the rate is 0, a whole number of at least 1.
    - `power`: the exponent, a finite number of at least 0.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    hyperparameters = ("total_iters", "power")
    checks: ClassVar[Checks] = {
        **LRScheduler.checks,
        "total_iters": arguments.positive,
        "power": arguments.size,
    }

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _next(self, epoch: int) -> list[float]:
        lrs = self.get_last_lr()
        if epoch > self.total_iters:
            return lrs
        rest = (1.0 - epoch / self.total_iters) / (1.0 - (epoch - 1) / self.total_iters)
        return [lr * rest**self.power for lr in lrs]


class CosineAnnealingLR(LRScheduler):
    """lr = eta_min + (base - eta_min) · (1 + cos(π t / T_max)) / 2 at step t.

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017. After T_max steps the
    rate rises again.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `T_max`: how many steps the way down has, a whole number of at least 1.
    - `eta_min`: the lowest rate, a finite number of at least 0.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    hyperparameters = ("T_max", "eta_min")
    checks: ClassVar[Checks] = {**LRScheduler.checks, "T_max": arguments.positive, "eta_min": arguments.size}

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _next(self, epoch: int) -> list[float]:
        lrs, low = self.get_last_lr(), self.eta_min
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # from the lowest point, where no ratio leads
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - low) * rise for lr, base in zip(lrs, self.base_lrs, strict=True)]
        ratio = (1 + math.cos(math.pi * epoch / self.T_max)) / (
            1 + math.cos(math.pi * (epoch - 1) / self.T_max)
        )
        return [ratio * (lr - low) + low for lr in lrs]
