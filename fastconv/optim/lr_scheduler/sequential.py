"""One schedule after another."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.optim import arguments
from fastconv.optim.lr_scheduler.plateau import ReduceLROnPlateau
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.optimizer import Optimizer


class SequentialLR(LRScheduler):
    """Several schedules, each from its milestone on: a warm-up and what follows.

    `SequentialLR(optimizer, [LinearLR(optimizer), CosineAnnealingLR(optimizer, 20)], [5])` warms up for five
    steps. At its milestone a schedule begins with the rates that the groups began with.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `schedulers`: the schedules, all of this optimizer, in their order.
    - `milestones`: the steps at which the second, third, ... begin, one fewer than there are schedules.
    - `last_epoch`: the last step of an earlier run, or -1.
    """

    fixed = ("optimizer", "schedulers")
    checks: ClassVar[Checks] = {**LRScheduler.checks, "milestones": arguments.places}
    milestones: list[int]
    hyperparameters = ("milestones",)
    remembered = ("last_epoch",)

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Iterable[LRScheduler],
        milestones: Iterable[int],
        last_epoch: int = -1,
    ) -> None:
        kind = type(self).__name__
        validate.instance(kind, "optimizer", optimizer, Optimizer)
        if not isinstance(schedulers, Iterable):
            raise validate.wrong_type(kind, "schedulers", repr(schedulers), "a list of schedules")
        self.optimizer = optimizer
        self.schedulers = list(schedulers)
        for index, scheduler in enumerate(self.schedulers):
            name = f"schedulers[{index}]"
            validate.instance(kind, name, scheduler, LRScheduler)
            if isinstance(scheduler, ReduceLROnPlateau):
                needs = "a schedule that goes on without a figure"
                raise validate.wrong_value(kind, name, "ReduceLROnPlateau", needs)
            if scheduler.optimizer is not optimizer:
                raise validate.wrong_value(kind, name, "a schedule of another optimizer", "this one's")
        if not self.schedulers:
            raise validate.wrong_value(kind, "schedulers", "none", "at least one schedule")
        self._set(milestones=milestones)
        self.last_epoch = last_epoch
        self._begin()

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        needed = len(self.schedulers) - 1 if name == "milestones" else 0
        if name == "milestones" and len(value) != needed:
            got, needs = f"{len(value)} milestones", f"{needed}, one fewer than there are schedules"
            raise validate.wrong_value(type(self).__name__, name, got, needs)
        return value

    def _begin(self) -> None:
        """The schedules have set rates as they were made: back to those that the groups began with."""
        self.last_epoch += 1
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        first = self.schedulers[bisect_right(self.milestones, 0)]
        first.last_epoch -= 1
        first._begin()

    def step(self) -> None:
        """Goes on by one step or epoch, after the optimizer's."""
        epoch = self.last_epoch + 1
        index = bisect_right(self.milestones, epoch)
        if index and self.milestones[index - 1] == epoch:
            self.schedulers[index].restart()
        else:
            self.schedulers[index].step()
        self.last_epoch = epoch

    def restart(self) -> None:
        """Goes back to the first schedule."""
        self.last_epoch = 0
        self.schedulers[bisect_right(self.milestones, 0)].restart()

    def config(self) -> dict[str, Any]:
        """The constructor's arguments but for the optimizer, the schedules as `{"class": ..., ...}`."""
        return {"schedulers": [one.describe() for one in self.schedulers], **super().config()}

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that a later run needs beside the optimizer's state, as JSON can hold it."""
        return {**super().state_dict(), "schedulers": [one.state_dict() for one in self.schedulers]}

    def _read(self, state: Mapping[str, Any]) -> list[tuple[LRScheduler, dict[str, Any]]]:
        kind, inner = type(self).__name__, None
        if isinstance(state, Mapping):
            inner = state.get("schedulers")
            state = {name: value for name, value in state.items() if name != "schedulers"}
        read = super()._read(state)
        if not isinstance(inner, list) or len(inner) != len(self.schedulers):
            needs = f"a list of {len(self.schedulers)} states"
            raise validate.wrong_value(kind, "state", "other schedulers", needs)
        for scheduler, own in zip(self.schedulers, inner, strict=True):
            read += scheduler._read(own)
        return read
