"""A training in a file: what `Trainer.save` writes and `Trainer.resume` reads.

The file is a model's (see `fastconv.persistence`) with more in it: the optimizer, the random generators, the
history, and where inside a `fit` it was written.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fastconv import nn, optim, persistence

if TYPE_CHECKING:
    from fastconv.training.trainer import Trainer

Kind = TypeVar("Kind")


def save(trainer: "Trainer", path: str | Path) -> None:
    """Writes the trainer to `path`; see `Trainer.save`."""
    loss, optimizer = type(trainer.loss).__name__, type(trainer.optimizer).__name__
    _known("save: loss", vars(nn), loss, nn.Loss)
    _known("save: optimizer", vars(optim), optimizer, optim.Optimizer)
    state = {
        "loss": {"class": loss, **trainer.loss.config()},
        "optimizer": {
            "class": optimizer,
            "parameters": list(trainer.optimizer.parameters),
            "state": trainer.optimizer.state_dict(),
        },
        "generators": {name: rng.bit_generator.state for name, rng in trainer.model.generators().items()},
        "metrics": trainer.own_metrics,
        "clip_norm": trainer.clip_norm,
        "epochs": trainer.epochs,
        "history": {"epoch": trainer.history.epoch, "history": trainer.history.history},
        "fit": trainer.fit_state(),
    }
    tensors = trainer.model.state_dict()
    described = persistence.split(state, persistence.PRIVATE.rstrip("."), tensors)
    content = {"model": persistence.description(trainer.model), "trainer": described}
    persistence.write(path, content, tensors)


def resume(kind: type["Trainer"], path: str | Path, **arguments: Any) -> "Trainer":
    """The trainer in `path`; see `Trainer.resume`."""
    content, tensors = persistence.read(path)
    model = persistence.restored(path, content, tensors)
    if "trainer" not in content:
        raise ValueError(f"{path}: holds a model without its training; fastconv.load reads it")
    try:
        state = persistence.join(content["trainer"], tensors)
        return _restored(kind, model, state, **arguments)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: holds no training that fits: {error}") from None


def _restored(kind: type["Trainer"], model: nn.Layer, state: dict[str, Any], **arguments: Any) -> "Trainer":
    if state["metrics"] is not None and arguments["metrics"] is None:
        raise ValueError(f"it was saved with metrics of its own, {state['metrics']}: give them as metrics=")
    loss = dict(state["loss"])
    loss_kind = _known("loss", vars(nn), loss.pop("class"), nn.Loss)
    described = state["optimizer"]
    optimizer_kind = _known("optimizer", vars(optim), described["class"], optim.Optimizer)
    parameters = model.parameters()
    settings = {name: described["state"][name] for name in optimizer_kind.hyperparameters}
    optimizer = optimizer_kind({name: parameters[name] for name in described["parameters"]}, **settings)
    optimizer.load_state_dict(described["state"])

    trainer = kind(model, loss_kind(**loss), optimizer, clip_norm=state["clip_norm"], **arguments)
    for name, rng in model.generators().items():
        rng.bit_generator.state = state["generators"][name]
    trainer.epochs = int(state["epochs"])
    trainer.history.epoch = list(state["history"]["epoch"])
    trainer.history.history = dict(state["history"]["history"])
    trainer.continue_fit(state["fit"])
    return trainer


def _known(place: str, names: Mapping[str, Any], name: str, base: type[Kind]) -> type[Kind]:
    """The class of this name that derives from `base`; ValueError where there is none."""
    kind = names.get(name)
    if not isinstance(kind, type) or not issubclass(kind, base) or kind is base:
        raise ValueError(f"{place}: got {name!r}, needs one of fastconv's: a file names no others")
    return kind
