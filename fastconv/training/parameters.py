"""Checks that a trainer's model, optimizer and gradients speak of the same parameters."""

from collections.abc import Iterable, Set

from fastconv import nn, optim, validate


def check_parts(model: nn.Layer, loss: nn.Loss, optimizer: optim.Optimizer) -> None:
    """TypeError for what is none of these; ValueError where the optimizer updates arrays of another model."""
    validate.instance("Trainer", "model", model, nn.Layer)
    validate.instance("Trainer", "loss", loss, nn.Loss)
    validate.instance("Trainer", "optimizer", optimizer, optim.Optimizer)
    parameters = model.parameters()
    foreign = [name for name, array in optimizer.parameters.items() if parameters.get(name) is not array]
    if foreign:
        got = f"parameters that are not this model's ({foreign[0]})"
        raise validate.wrong_value("Trainer", "optimizer", got, "one made from model.parameters()")


def check_unchanged(model: nn.Layer, optimizer: optim.Optimizer, names: Set[str]) -> None:
    """ValueError where the model's arrays are no longer those that it had when the trainer was made."""
    now, held = model.parameters(), optimizer.parameters
    wrong = [name for name in held if now.get(name) is not held[name]] or sorted(now.keys() - names)
    if wrong:
        got = f"other parameters than those that the trainer was made with ({wrong[0]})"
        needs = "the same arrays; a new optimizer of model.parameters() and a new Trainer would fit"
        raise validate.wrong_value("fit", "model", got, needs)


def check_gradients(gradients: Iterable[str], names: frozenset[str]) -> None:
    """ValueError for gradients of what is no parameter of the model."""
    if not names.issuperset(gradients):
        got = f"{', '.join(sorted(set(gradients) - names))}, which is not among the model's parameters"
        raise validate.wrong_value("Trainer", "gradients", got, "the names of model.parameters()")
