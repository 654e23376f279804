"""One cycle: the rate rises and falls once in a training, the momentum the other way."""

import math
from typing import ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.optimizer import Optimizer


def _divisor(kind: str, name: str, value: float) -> float:
    divisor = arguments.size(kind, name, value)
    if divisor == 0:
        raise validate.wrong_value(kind, name, value, "a number above 0")
    return divisor


class OneCycleLR(LRScheduler):
    """From max_lr / div_factor up to `max_lr`, then down to a small rate, in `total_steps` steps.

    Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates",
    2019. The momentum, or beta1 of Adam, goes from `max_momentum` to `base_momentum` and back. `step()` is
    called after each batch: `Trainer(..., lr_scheduler_interval="step")`.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `max_lr`: the largest rate, or a list of one for each group.
    - `total_steps`: the number of steps of the cycle; None is epochs · steps_per_epoch.
    - `epochs`: the epochs of the training, if `total_steps` is None.
    - `steps_per_epoch`: the batches of an epoch, if `total_steps` is None.
    - `pct_start`: the share of the cycle in which the rate rises, from 0 to 1.
    - `anneal_strategy`: "cos" or "linear", the curve between two rates.
    - `cycle_momentum`: whether the momentum, or beta1, moves as well.
    - `base_momentum`: its lowest value, or a list of one for each group.
    - `max_momentum`: its highest value, or a list of one for each group.
    - `div_factor`: the cycle begins at max_lr / div_factor.
    - `final_div_factor`: it ends at max_lr / div_factor / final_div_factor.
    - `three_phase`: whether the rate falls to its first value as fast as it rose, and then to the last one.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    hyperparameters = (
        "max_lr",
        "total_steps",
        "pct_start",
        "anneal_strategy",
        "cycle_momentum",
        "base_momentum",
        "max_momentum",
        "div_factor",
        "final_div_factor",
        "three_phase",
    )
    by_group = ("max_lr", "base_momentum", "max_momentum")
    checks: ClassVar[Checks] = {
        **LRScheduler.checks,
        "max_lr": arguments.sizes,
        "total_steps": arguments.positive,
        "pct_start": arguments.share,
        "anneal_strategy": arguments.choice("cos", "linear"),
        "cycle_momentum": validate.flag,
        "base_momentum": arguments.sizes,
        "max_momentum": arguments.sizes,
        "div_factor": _divisor,
        "final_div_factor": _divisor,
        "three_phase": validate.flag,
    }

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        kind = type(self).__name__
        validate.instance(kind, "optimizer", optimizer, Optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                needs = "a number, or epochs and steps_per_epoch"
                raise validate.wrong_value(kind, "total_steps", None, needs)
            total_steps = arguments.positive(kind, "epochs", epochs)
            total_steps *= arguments.positive(kind, "steps_per_epoch", steps_per_epoch)
        self.optimizer = optimizer
        self.max_lr = max_lr
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self.base_momentum = base_momentum
        self.max_momentum = max_momentum
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor
        self.three_phase = three_phase
        if self.cycle_momentum and not {"momentum", "betas"} & {*optimizer.hyperparameters}:
            needs = "an optimizer with momentum or betas, or cycle_momentum=False"
            raise validate.wrong_value(kind, "optimizer", type(optimizer).__name__, needs)
        if last_epoch == -1:
            for group, largest in zip(optimizer.param_groups, self._of_groups(self.max_lr), strict=True):
                group["initial_lr"] = largest / self.div_factor
        super().__init__(optimizer, last_epoch)

    def _begun(self) -> list[float]:
        return self._next(self.last_epoch)

    def _first(self) -> list[float]:
        return self._next(0)

    def _next(self, epoch: int) -> list[float]:
        if epoch > self.total_steps:
            needs = f"at most total_steps={self.total_steps}"
            raise validate.wrong_value(type(self).__name__, "step", f"step {epoch}", needs)
        first, last, share = self._phase(epoch)
        if self.cycle_momentum:
            self._move_momentum(first, last, share)
        lrs = []
        for largest in self._of_groups(self.max_lr):
            start = largest / self.div_factor
            points = {"high": largest, "start": start, "end": start / self.final_div_factor}
            lrs.append(self._between(points[first], points[last], share))
        return lrs

    def _phase(self, epoch: int) -> tuple[str, str, float]:
        """The points between which the rate is at this step, and how far it has come, from 0 to 1."""
        peak, end = self.pct_start * self.total_steps - 1, float(self.total_steps - 1)
        phases = [(peak, "start", "high"), (end, "high", "end")]
        if self.three_phase:
            back = 2 * self.pct_start * self.total_steps - 2
            phases[1:] = [(back, "high", "start"), (end, "start", "end")]
        begin = 0.0
        while len(phases) > 1 and epoch > phases[0][0]:
            begin = phases.pop(0)[0]
        until, first, last = phases[0]
        return first, last, (epoch - begin) / (until - begin) if until != begin else 1.0

    def _move_momentum(self, first: str, last: str, share: float) -> None:
        """The momentum is lowest where the rate is highest."""
        lowest, highest = self._of_groups(self.base_momentum), self._of_groups(self.max_momentum)
        for group, low, high in zip(self.optimizer.param_groups, lowest, highest, strict=True):
            start, end = (low if point == "high" else high for point in (first, last))
            value = self._between(start, end, share)
            if "betas" in group:
                group["betas"] = (value, *group["betas"][1:])
            else:
                group["momentum"] = value

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
        # The step after the last one, which trains nothing, would lie below 0 on the line.
        return (end - start) * min(share, 1.0) + start
