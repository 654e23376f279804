"""Every schedule by its name: for a whole run, as text such as `step,step_size=10`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastconv.optim.lr_scheduler.curves import CosineAnnealingLR, LinearLR, PolynomialLR
from fastconv.optim.lr_scheduler.decays import ExponentialLR, MultiStepLR, StepLR
from fastconv.optim.lr_scheduler.one_cycle import OneCycleLR
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.optimizer import Optimizer


@dataclass(frozen=True)
class Kind:
    """A schedule, when it goes on, and what the run says of it: from its rate, epochs, steps an epoch."""

    scheduler: type[LRScheduler]
    by_steps: bool = False
    said: dict[str, Callable[[float, int, int], Any]] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that are left to give, with their defaults; `inspect.Parameter.empty` where none."""
        known = {"optimizer", "last_epoch", "epochs", "steps_per_epoch", *self.said}
        named = inspect.signature(self.scheduler.__init__).parameters
        return {name: one.default for name, one in list(named.items())[1:] if name not in known}


def _all_steps(rate: float, epochs: int, steps: int) -> int:
    return epochs * steps


KINDS: dict[str, Kind] = {
    "cosine": Kind(CosineAnnealingLR, True, {"T_max": _all_steps}),
    "exponential": Kind(ExponentialLR),
    "linear": Kind(LinearLR),
    "multi-step": Kind(MultiStepLR),
    "one-cycle": Kind(OneCycleLR, True, {"max_lr": lambda rate, *_: rate, "total_steps": _all_steps}),
    "polynomial": Kind(PolynomialLR, True, {"total_iters": _all_steps}),
    "step": Kind(StepLR),
}
"""By name. Those that fill the whole run go on with every step, the others with every epoch.

`ReduceLROnPlateau` is not here: it would look at the test images, the only ones that a run measures on.
"""


class Schedule:
    """A schedule such as step,step_size=10,gamma=0.1: its name, and values of its arguments.

    ValueError for a name or an argument that there is not, and for a value that it does not take; `argument`
    is what it calls the text.
    """

    def __init__(self, argument: str, text: str) -> None:
        name, *items = text.split(",")
        self.argument, self.text = argument, text
        if name not in KINDS:
            raise self._error(f"got {name}, needs one of {', '.join(KINDS)}")
        self.kind = KINDS[name]
        self.given = dict(self._item(item) for item in items)
        missing = [
            argument
            for argument, default in self.kind.arguments.items()
            if default is inspect.Parameter.empty and argument not in self.given
        ]
        if missing:
            raise self._error(f"got no {missing[0]}, needs {name},{missing[0]}=...")

    @property
    def interval(self) -> str:
        """When it goes on, as a `Trainer` calls it."""
        return "step" if self.kind.by_steps else "epoch"

    @property
    def fills_the_run(self) -> bool:
        """Whether the rate of a step depends on how long the run is."""
        return bool(self.kind.said)

    def make(self, optimizer: Optimizer, epochs: int, steps: int) -> LRScheduler:
        """The schedule of this optimizer for so many epochs of so many steps."""
        said = {name: of(optimizer.lr, epochs, steps) for name, of in self.kind.said.items()}
        try:
            return self.kind.scheduler(optimizer, **said, **self.given)
        except (TypeError, ValueError) as error:
            raise self._error(str(error)) from None

    def _item(self, item: str) -> tuple[str, Any]:
        name, _, value = item.partition("=")
        known = self.kind.arguments
        if name not in known or not value:
            needs = f"NAME=VALUE with a name of {', '.join(known)}"
            raise self._error(f"got {item!r}, needs {needs}")
        numbers = [_value(one) for one in value.split(":")]
        return name, numbers if name == "milestones" else numbers[0] if len(numbers) == 1 else value

    def _error(self, text: str) -> ValueError:
        return ValueError(f"{self.argument} {self.text}: {text}")


def _value(text: str) -> Any:
    """A number, true or false, or a word."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
