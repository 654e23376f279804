import json

import pytest

from fastconv import nn, optim
from fastconv.cli import optimizers, reports

SMALL = ("--epochs", 1, "--batch-size", 48, "--backend", "reference")
CLASSES = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop, "sgd": optim.SGD}


@pytest.mark.parametrize("name", optimizers.KINDS)
def test_rate_and_decay(name):
    parameters = nn.Linear(2, 1, seed=0).parameters()
    made = optimizers.make(name, parameters, optimizers.rate(name, None), None)
    assert type(made) is CLASSES[name]
    assert made.lr == optimizers.KINDS[name][0]
    assert made.param_groups[0]["weight_decay"] == (0.01 if name == "adamw" else 0)
    made = optimizers.make(name, parameters, optimizers.rate(name, 0.5), 0.25)
    assert (made.lr, made.param_groups[0]["weight_decay"]) == (0.5, 0.25)


def test_what_is_printed_of_more_options(fastconv, bars, tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "can_draw", lambda: False)
    schedule = "multi-step,milestones=1:2,gamma=0.5"
    options = (
        "--optimizer",
        "sgd",
        "--weight-decay",
        1e-4,
        "--lr-schedule",
        schedule,
        "--augment",
        "shift=1",
    )
    command = ("train", "--data", f"npz:{bars}", "--out", tmp_path / "run", *SMALL, *options)
    lines = fastconv(*command).out.splitlines()
    settings = "label smoothing 0.1, seed 0, reference"
    assert lines[2] == f"training   1 epoch, batches of 48, SGD 0.03, weight decay 0.0001, {settings}"
    assert lines[3:6] == [f"schedule   {schedule}", "changes    shift=1", ""]
    config = json.loads((tmp_path / "run/config.json").read_text())
    chosen = {"optimizer": "sgd", "lr": 0.03, "weight_decay": 1e-4, "lr_schedule": schedule}
    assert chosen.items() <= config.items()
