import json

import pytest

from fastconv.cli import reports

SMALL = ("--epochs", 1, "--batch-size", 48, "--backend", "reference")


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


@pytest.mark.parametrize("text", ["cosine,T_max=3", "warmup", "step,step_size=0"])
def test_a_schedule_that_is_none_leaves_no_folder(refused, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    assert refused("train", "--lr-schedule", text).startswith(f"--lr-schedule {text}: ")
    assert not list(tmp_path.iterdir())


def test_a_profile_of_the_step(fastconv, bars, tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "can_draw", lambda: False)
    command = ["train", "--data", f"npz:{bars}", "--out", tmp_path / "run", "--epochs", 1, "--profile"]
    out = fastconv(*command).out
    assert (
        "no profile: layer by layer: "
        in fastconv(*command[:3], "--out", tmp_path / "twin", *SMALL, "--profile").out
    )
    table = out[out.index("step for ") :].splitlines()
    assert table[2].split()[:4] == ["layer", "operation", "kernels", "us"]
    assert table[3].split()[:2] == ["0", "conv2d"]
    assert table[-1].startswith("sum ")
