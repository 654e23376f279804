"""Every optimizer by its name."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastconv.optim.adam import Adam, AdamW
from fastconv.optim.optimizer import Optimizer
from fastconv.optim.rmsprop import RMSprop
from fastconv.optim.sgd import SGD
from fastconv.types import Array

KINDS: dict[str, tuple[float, Any]] = {
    "adam": (3e-3, Adam),
    "adamw": (3e-3, AdamW),
    "rmsprop": (1e-3, RMSprop),
    "sgd": (3e-2, partial(SGD, momentum=0.9, nesterov=True)),
}
"""By name, the rate that holds where none is given, and what makes the optimizer."""


def rate(name: str, given: float | None) -> float:
    """The learning rate: what is given, or the optimizer's own."""
    return KINDS[name][0] if given is None else given


def make(name: str, parameters: Mapping[str, Array], lr: float, weight_decay: float | None) -> Optimizer:
    """The optimizer of these parameters; a `weight_decay` of None is its own."""
    decay = {} if weight_decay is None else {"weight_decay": weight_decay}
    made: Optimizer = KINDS[name][1](parameters, lr=lr, **decay)
    return made
