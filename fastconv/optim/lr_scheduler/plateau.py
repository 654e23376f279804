"""A smaller rate where a figure no longer improves."""

import math
from typing import ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.optimizer import Optimizer


def _factor(kind: str, name: str, value: float) -> float:
    factor = arguments.share(kind, name, value)
    if factor == 1:
        raise validate.wrong_value(kind, name, value, "a number from 0, below 1")
    return factor


class ReduceLROnPlateau(LRScheduler):
    """lr <- factor · lr when a figure has not improved for more than `patience` steps in a row.

    `step(metrics)` takes the figure. `best` is the best so far, `num_bad_epochs` the steps since then.
    `fastconv.Trainer` gives it `val_loss`, and `loss` where a fit has no validation data, after each epoch.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `mode`: "min" or "max", what is better.
    - `factor`: the factor, from 0, below 1.
    - `patience`: how many steps in a row may be no improvement, a whole number.
    - `threshold`: how much better a figure has to be, at least 0.
    - `threshold_mode`: "rel", as a share of the best one, or "abs".
    - `cooldown`: how many steps after a change do not count, a whole number.
    - `min_lr`: the smallest rate, or a list of one for each group.
    - `eps`: a change of a rate by no more than this is left out.
    """

    hyperparameters = (
        "mode",
        "factor",
        "patience",
        "threshold",
        "threshold_mode",
        "cooldown",
        "min_lr",
        "eps",
    )
    by_group = ("min_lr",)
    remembered = ("last_epoch", "best", "num_bad_epochs", "cooldown_counter")
    checks: ClassVar[Checks] = {
        **LRScheduler.checks,
        "best": arguments.number,
        "num_bad_epochs": arguments.count,
        "cooldown_counter": arguments.count,
        "mode": arguments.choice("min", "max"),
        "factor": _factor,
        "patience": arguments.count,
        "threshold": arguments.size,
        "threshold_mode": arguments.choice("rel", "abs"),
        "cooldown": arguments.count,
        "min_lr": arguments.sizes,
        "eps": arguments.size,
    }

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        validate.instance(type(self).__name__, "optimizer", optimizer, Optimizer)
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.eps = eps
        self.last_epoch = 0
        self.best = math.inf if self.mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0

    def step(self, metrics: float) -> None:  # type: ignore[override]
        """Compares the figure with the best one so far; NaN is no improvement."""
        kind = type(self).__name__
        nothing = isinstance(metrics, float) and math.isnan(metrics)
        value = metrics if nothing else validate.number(kind, "metrics", metrics, -math.inf, math.inf)
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            bound = self.best * (1.0 + sign * self.threshold)
        else:
            bound = self.best + sign * self.threshold
        return value > bound if self.mode == "max" else value < bound

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        for group, low in zip(groups, self._of_groups(self.min_lr), strict=True):
            new = max(group["lr"] * self.factor, low)
            if group["lr"] - new > self.eps:
                group["lr"] = new
