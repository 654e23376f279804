"""A training in a file: what `Trainer.save` writes and `Trainer.resume` reads.

The file is a model's (see `fastconv.nn.files`) with more in it: the loss, the optimizer, the schedule,
the random generators, and the trainer's own state, a dict.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fastconv import nn, optim
from fastconv.interop import safetensors
from fastconv.nn.architecture import recorded
from fastconv.nn.files import TRAINING, restored
from fastconv.optim.lr_scheduler import LRScheduler
from fastconv.optim.lr_scheduler.description import build, description
from fastconv.types import Array

Kind = TypeVar("Kind")


def save(
    path: str | Path,
    model: nn.Layer,
    loss: nn.Loss,
    optimizer: optim.Optimizer,
    scheduler: LRScheduler | None,
    state: dict[str, Any],
) -> None:
    """Writes a training to `path`, whole or not at all; `state` holds arrays, and what JSON can hold."""
    loss_name, optimizer_name = type(loss).__name__, type(optimizer).__name__
    _known("save: loss", vars(nn), loss_name, nn.Loss)
    _known("save: optimizer", vars(optim), optimizer_name, optim.Optimizer)
    everything = {
        "loss": {"class": loss_name, **loss.config()},
        "optimizer": {"class": optimizer_name, "state": optimizer.state_dict()},
        "lr_scheduler": scheduler and {**description(scheduler), "state": scheduler.state_dict()},
        "generators": {name: rng.bit_generator.state for name, rng in model.generators().items()},
        **state,
    }
    tensors = model.state_dict()
    plain = split(everything, TRAINING, tensors)
    safetensors.write(path, {**recorded(model), TRAINING: plain}, tensors)


def load(
    path: str | Path,
) -> tuple[nn.Layer, nn.Loss, optim.Optimizer, LRScheduler | None, dict[str, Any]]:
    """The model, the loss, the optimizer, the schedule and the state that `save` wrote."""
    content, tensors = safetensors.read(path)
    model = restored(path, content, tensors)
    if TRAINING not in content:
        raise ValueError(f"{path}: holds a model without its training; fastconv.load reads it")
    with fitting(path):
        state = join(content[TRAINING], tensors)
        for name, rng in model.generators().items():
            rng.bit_generator.state = state["generators"][name]
        optimizer = _optimizer(state["optimizer"], model.parameters())
        scheduler = _scheduler(state.get("lr_scheduler"), optimizer)
        # A schedule that is made sets the rates: the optimizer's state comes after it.
        optimizer.load_state_dict(state["optimizer"]["state"])
        return model, _loss(state["loss"]), optimizer, scheduler, state


@contextlib.contextmanager
def fitting(path: str | Path) -> Iterator[None]:
    """Turns what goes wrong with the content of a file into a ValueError that names it."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: holds no training that fits: {error}") from None


def _loss(described: Mapping[str, Any]) -> nn.Loss:
    arguments = dict(described)
    kind = _known("loss", vars(nn), arguments.pop("class"), nn.Loss)
    return kind(**arguments)


def _optimizer(described: Mapping[str, Any], parameters: Mapping[str, Array]) -> optim.Optimizer:
    kind = _known("optimizer", vars(optim), described["class"], optim.Optimizer)
    state = described["state"]
    # Files of version 0.1.0 have the parameters of the only group beside the state.
    groups = state.get("param_groups", [{"params": described.get("parameters")}])
    trained = [{"params": {name: parameters[name] for name in group["params"]}} for group in groups]
    return kind(trained, lr=0.0)


def _scheduler(described: Mapping[str, Any] | None, optimizer: optim.Optimizer) -> LRScheduler | None:
    if described is None:
        return None
    arguments = dict(described)
    state = arguments.pop("state")
    scheduler = build(arguments, optimizer)
    scheduler.load_state_dict(state)
    return scheduler


def _known(function: str, names: Mapping[str, Any], name: str, base: type[Kind]) -> type[Kind]:
    """The class of this name that derives from `base`; ValueError where there is none."""
    kind = names.get(name)
    if not isinstance(kind, type) or not issubclass(kind, base) or kind is base:
        raise ValueError(f"{function}: got {name!r}, needs one of fastconv's: a file names no others")
    return kind


def split(value: Any, name: str, tensors: dict[str, Array]) -> Any:
    """A nested value as JSON can hold it; its arrays go into `tensors`, their names beginning with `name`."""
    if isinstance(value, np.ndarray):
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, dict):
        return {key: split(inner, f"{name}.{key}", tensors) for key, inner in value.items()}
    if isinstance(value, list):
        return [split(inner, f"{name}.{index}", tensors) for index, inner in enumerate(value)]
    return value


def join(value: Any, tensors: Mapping[str, Array]) -> Any:
    """The nested value that `split` took apart."""
    if isinstance(value, dict):
        if value.keys() == {"tensor"}:
            return tensors[value["tensor"]]
        return {key: join(inner, tensors) for key, inner in value.items()}
    return [join(inner, tensors) for inner in value] if isinstance(value, list) else value
