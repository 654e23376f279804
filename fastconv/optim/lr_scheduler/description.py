"""Schedules as JSON can hold them: the class, by name, and its arguments."""

from collections.abc import Mapping
from typing import Any

from fastconv.optim.lr_scheduler.curves import CosineAnnealingLR, LinearLR, PolynomialLR
from fastconv.optim.lr_scheduler.decays import ExponentialLR, MultiStepLR, StepLR
from fastconv.optim.lr_scheduler.one_cycle import OneCycleLR
from fastconv.optim.lr_scheduler.plateau import ReduceLROnPlateau
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.lr_scheduler.sequential import SequentialLR
from fastconv.optim.optimizer import Optimizer

KINDS: dict[str, type[LRScheduler]] = {
    kind.__name__: kind
    for kind in (
        CosineAnnealingLR,
        ExponentialLR,
        LinearLR,
        MultiStepLR,
        OneCycleLR,
        PolynomialLR,
        ReduceLROnPlateau,
        SequentialLR,
        StepLR,
    )
}
"""The schedules that a description may name."""


def description(scheduler: LRScheduler) -> dict[str, Any]:
    """Class and arguments; ValueError for a schedule that `build` could not build."""
    kind = type(scheduler)
    if KINDS.get(kind.__name__) is not kind:
        needs = "one of fastconv's: a file names no others"
        raise ValueError(f"save: lr_scheduler: got {kind.__name__!r}, needs {needs}")
    if isinstance(scheduler, SequentialLR):
        for inner in scheduler.schedulers:
            description(inner)
    return scheduler.describe()


def build(described: Mapping[str, Any], optimizer: Optimizer) -> LRScheduler:
    """The schedule that was described, begun anew: it sets the optimizer's rates."""
    arguments = dict(described)
    name = arguments.pop("class")
    if not isinstance(name, str) or name not in KINDS:
        raise ValueError(f"lr_scheduler: got {name!r}, needs one of {', '.join(KINDS)}")
    if name == SequentialLR.__name__:
        arguments["schedulers"] = [build(inner, optimizer) for inner in arguments["schedulers"]]
    return KINDS[name](optimizer, **arguments)
