"""What every schedule has: an optimizer, the number of steps so far, a state."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from fastconv import validate
from fastconv.attributes import Checks, Settings
from fastconv.optim import arguments
from fastconv.optim.optimizer import Optimizer


def _last_epoch(kind: str, name: str, value: int) -> int:
    """A whole number of at least -1."""
    return validate.integer(kind, name, value, -1)


class LRScheduler(Settings):
    """Sets the learning rates of an optimizer's groups, step by step.

    A schedule defines `_next`, the rates of the next step, mostly from those that hold: a rate that was set
    by hand goes on from there, as in PyTorch. It names in `hyperparameters` its settings and in `remembered`
    what else makes up its state. `last_epoch` counts the steps; `base_lrs` has the rates that the groups
    began with.

    **Arguments:**

    - `optimizer`: the optimizer whose groups' rates are set.
    - `last_epoch`: the last step of an earlier run that the schedule goes on from, whose groups have an
      `initial_lr`; -1 begins at the rates that the groups have.
    """

    fixed: tuple[str, ...] = ("optimizer",)
    checks: ClassVar[Checks] = {"last_epoch": _last_epoch, "base_lrs": arguments.sizes}
    hyperparameters: tuple[str, ...] = ()
    remembered: tuple[str, ...] = ("last_epoch", "base_lrs")
    by_group: tuple[str, ...] = ("base_lrs",)
    """What may be a list with a number for each group."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        kind = type(self).__name__
        validate.instance(kind, "optimizer", optimizer, Optimizer)
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        groups = optimizer.param_groups
        for index, group in enumerate(groups):
            if self.last_epoch == -1:
                group["initial_lr"] = group.get("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                needs = f"an initial_lr in param_groups[{index}], or -1 for a schedule that begins"
                raise validate.wrong_value(kind, "last_epoch", last_epoch, needs)
        self.base_lrs: list[float] = [group["initial_lr"] for group in groups]
        self._begin()

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        if name in self.by_group and isinstance(value, list):
            groups = len(self.optimizer.param_groups)
            if len(value) != groups:
                needs = f"one for each group, {groups} in all"
                raise validate.wrong_value(type(self).__name__, name, f"{len(value)} numbers", needs)
        return value

    def _of_groups(self, value: float | list[float]) -> list[float]:
        """One number for each group."""
        return value if isinstance(value, list) else [value] * len(self.optimizer.param_groups)

    def _begin(self) -> None:
        """The step that a schedule makes as it begins."""
        self.last_epoch += 1
        self._apply(self._begun())

    def step(self) -> None:
        """Goes on by one step or epoch, after the optimizer's."""
        self._apply(self._next(self.last_epoch + 1))
        self.last_epoch += 1

    def restart(self) -> None:
        """Goes back to where the schedule begins: what comes before it in a `SequentialLR` is over."""
        self.last_epoch = 0
        self._apply(self._first())

    def _next(self, epoch: int) -> list[float]:
        """The rates at step `epoch`, the next one."""
        raise NotImplementedError

    def _begun(self) -> list[float]:
        """The rates once the schedule is made: those that hold, unless it says otherwise."""
        return self.get_last_lr()

    def _first(self) -> list[float]:
        """The rates at step 0, from those that the groups began with."""
        return list(self.base_lrs)

    def _apply(self, lrs: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr

    def get_last_lr(self) -> list[float]:
        """The rates that hold, one for each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def config(self) -> dict[str, Any]:
        """The constructor's arguments but for the optimizer and `last_epoch`, as JSON can hold them."""
        return {name: getattr(self, name) for name in self.hyperparameters}

    def describe(self) -> dict[str, Any]:
        """Class and arguments, as JSON can hold them."""
        return {"class": type(self).__name__, **self.config()}

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that a later run needs beside the optimizer's state, as JSON can hold it."""
        names = (*self.hyperparameters, *self.remembered)
        return copy.deepcopy({name: getattr(self, name) for name in names})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` gave; a ValueError for what does not fit, and nothing has changed.

        The rates that hold are the optimizer's: load its state, too.
        """
        for scheduler, values in self._read(state):
            vars(scheduler).update(values)

    def _read(self, state: Mapping[str, Any]) -> list[tuple["LRScheduler", dict[str, Any]]]:
        """What a state sets, checked: the values of this schedule, and of those inside it."""
        kind = type(self).__name__
        if not isinstance(state, Mapping):
            raise validate.wrong_type(kind, "state", type(state).__name__, "what state_dict gave")
        expected = {*self.hyperparameters, *self.remembered}
        if set(state) != expected:
            raise validate.wrong_value(kind, "state", sorted(state), f"{sorted(expected)}")
        return [(self, {name: self._checked(name, value) for name, value in state.items()})]

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({settings})"
