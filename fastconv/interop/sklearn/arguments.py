"""What the arguments of an estimator's training stand for."""

from typing import Any

from fastconv import nn, optim, validate
from fastconv.optim import table
from fastconv.optim.lr_scheduler.table import Schedule


def optimizer(owner: str, given: Any, lr: float | None, network: nn.Layer) -> optim.Optimizer:
    """The optimizer of a network's parameters: one of `optim.table` by name, or what a function makes.

    The function is called with the parameters and, if it is not None, `lr=lr`. TypeError, ValueError for
    anything else.
    """
    known = ", ".join(table.KINDS)
    if isinstance(given, str):
        if given not in table.KINDS:
            raise validate.wrong_value(owner, "optimizer", repr(given), f"one of {known}")
        return table.make(given, network.parameters(), table.rate(given, lr), None)
    if not callable(given):
        needs = f"one of {known}, or a function of (parameters, lr)"
        raise validate.wrong_type(owner, "optimizer", repr(given), needs)
    made = given(network.parameters(), **({} if lr is None else {"lr": lr}))
    validate.instance(owner, "optimizer", made, optim.Optimizer)
    optimizer: optim.Optimizer = made
    return optimizer


def schedule(owner: str, text: Any, made: optim.Optimizer, epochs: int, steps: int) -> dict[str, Any]:
    """A trainer's arguments for the schedule that a text such as "one-cycle" names; none for None."""
    if text is None:
        return {}
    if not isinstance(text, str):
        needs = "None or a text such as 'one-cycle' or 'step,step_size=10'"
        raise validate.wrong_type(owner, "lr_schedule", repr(text), needs)
    found = Schedule(f"{owner}: lr_schedule", text)
    return {"lr_scheduler": found.make(made, epochs, steps), "lr_scheduler_interval": found.interval}


def batch_size(owner: str, given: Any, samples: int) -> int:
    """The samples in a batch: as given, or the next larger number that leaves no last batch of one sample."""
    size = validate.integer(owner, "batch_size", given)
    while size > 1 and samples > 1 and samples % size == 1:
        size += 1
    return size
