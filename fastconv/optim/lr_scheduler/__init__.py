"""Schedules of learning rates: PyTorch's, with its arguments and its arithmetic.

A schedule is made of an optimizer, `StepLR(optimizer, 30)`, and sets the learning rate of each of its groups:
at once, and with every `step()`, which is called after the optimizer's steps, once an epoch or after each of
them, as the schedule counts. `fastconv.Trainer(..., lr_scheduler=...)` does that.
"""

from fastconv.optim.lr_scheduler.curves import CosineAnnealingLR, LinearLR, PolynomialLR
from fastconv.optim.lr_scheduler.decays import ExponentialLR, MultiStepLR, StepLR
from fastconv.optim.lr_scheduler.one_cycle import OneCycleLR
from fastconv.optim.lr_scheduler.plateau import ReduceLROnPlateau
from fastconv.optim.lr_scheduler.scheduler import LRScheduler
from fastconv.optim.lr_scheduler.sequential import SequentialLR

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
