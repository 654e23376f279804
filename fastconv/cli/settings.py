"""The settings of a training: what is asked for, what config.json keeps, what `--resume` finds there."""

import argparse
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastconv import __version__
from fastconv.cli import reports
from fastconv.cli.arguments import parse
from fastconv.optim.lr_scheduler.table import Schedule

CONFIG = "config.json"
CHECKPOINT = "checkpoint.safetensors"

DEFAULTS: dict[str, Any] = {
    "data": "digits",
    "size": None,
    "normalize": False,
    "augment": None,
    "model": "digits",
    "epochs": None,
    "batch_size": 32,
    "optimizer": "adam",
    "lr": None,
    "weight_decay": None,
    "lr_schedule": None,
    "seed": 0,
    "backend": "numba",
    "parallel": None,
}
"""What decides a training, by the name of its option, and what holds where it is not given."""

DATA = ("train_images", "test_images", "input_shape", "classes")
"""What config.json says of the data set."""


def fill(options: argparse.Namespace) -> dict[str, Any]:
    """Gives each setting that was not given its default, or what the run folder says, which is returned.

    ValueError, FileNotFoundError for `--resume` of what is no run, or not the one that the options describe.
    """
    config, values = {}, DEFAULTS
    if options.resume:
        if options.out is None:
            raise ValueError("--resume: got no run folder, needs --out DIR, the folder of the run")
        config = _read(Path(options.out))
        values = _values(Path(options.out) / CONFIG, config)
        _check_same(options, values)
    for name, value in values.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return config


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """The settings as config.json keeps them."""
    return {name: getattr(options, name) for name in DEFAULTS}


def write(folder: Path, config: Mapping[str, Any]) -> None:
    """Writes config.json, whole or not at all: a run goes on by what it says."""
    temporary = folder / f".{CONFIG}"
    reports.write_json(temporary, config)
    temporary.replace(folder / CONFIG)


def beside(path: Path) -> Any:
    """What config.json says of the run whose checkpoint `path` is; None for any other file."""
    config = path.with_name(CONFIG)
    if path.name != CHECKPOINT or not config.is_file():
        return None
    try:
        return json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{config}: holds no settings of a training: {error}") from None


def check_data(folder: str, config: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """ValueError where the data set is not the one that the run began with."""
    for name in DATA:
        new = json.loads(json.dumps(found[name]))
        if new != config.get(name):
            raise ValueError(
                f"--resume: {folder} was trained on other data: {name}: got {new}, needs {config.get(name)}"
            )


def _read(folder: Path) -> dict[str, Any]:
    """What config.json of a run folder says."""
    for name in (CONFIG, CHECKPOINT):
        if not (folder / name).is_file():
            needs = f"the folder of a run that finished an epoch, with {CONFIG} and {CHECKPOINT}"
            raise FileNotFoundError(f"--resume: {folder} holds no {name}, needs {needs}")
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        missing = sorted(DEFAULTS.keys() - config.keys())
    except (ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: holds no settings of a training: {error}") from None
    if missing:
        raise ValueError(f"{path}: holds no settings of a training: it lacks {', '.join(missing)}")
    if config.get("fastconv") != __version__:
        began = config.get("fastconv")
        warnings.warn(
            f"fastconv {began} began {folder}, this is {__version__}: bits may differ", stacklevel=4
        )
    return dict(config)


def _values(path: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a configuration, checked as those of the command line are."""
    texts = {_option(name): _shown(config[name]) for name in DEFAULTS if config[name] not in (None, False)}
    given = [option if text == "True" else f"{option}={text}" for option, text in texts.items()]
    try:
        options = parse(["train", *given])
    except ValueError as error:
        raise ValueError(f"{path}: holds no settings of a training: {error}") from None
    return {
        **DEFAULTS,
        **{name: value for name, value in vars(options).items() if value is not None and name in DEFAULTS},
    }


def _check_same(options: argparse.Namespace, values: Mapping[str, Any]) -> None:
    """ValueError where an option differs from what the run began with; more epochs may be right."""
    for name, value in values.items():
        given = getattr(options, name)
        if given is None or given == value:
            continue
        needs = f"{_shown(value)}, as {options.out} began with, or none"
        if name == "epochs" and given > value:
            schedule = values["lr_schedule"]
            if schedule is None or not Schedule("--lr-schedule", schedule).fills_the_run:
                continue
            needs = f"{value}: the schedule {schedule} ends there"
        raise ValueError(f"--resume: got {_option(name)} {_shown(given)}, needs {needs}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
