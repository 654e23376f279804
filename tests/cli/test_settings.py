import json
import re

import numpy as np
import pytest

import fastconv as fc
from fastconv.cli import reports, settings, train
from fastconv.cli.arguments import parse

SMALL = ("--epochs", 4, "--batch-size", 16, "--backend", "reference")
OPTIONS = ("--augment", "shift=1,mixup", "--normalize", "--lr", 0.01, "--weight-decay", 1e-4, "--seed", 2)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """They take longer than the training."""
    monkeypatch.setattr(reports, "can_draw", lambda: False)


@pytest.fixture
def stops(monkeypatch):
    """Trainings are interrupted in the second batch of an epoch, from 1."""

    def at(epoch):
        class Interrupted(train.FiniteLoss):
            def on_batch_end(self, trainer, batch, logs):
                if (self.epoch, batch) == (epoch, 1):
                    raise KeyboardInterrupt

        monkeypatch.setattr(train, "FiniteLoss", Interrupted)

    return at


@pytest.fixture
def stopped(fastconv, bars, tmp_path, stops):
    """A run that was interrupted in its third epoch of four."""
    stops(3)
    command = ("train", "--data", f"npz:{bars}", "--out", tmp_path / "run", *SMALL)
    assert fastconv(*command).status == 130
    stops(None)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("model", "schedule"),
    [
        ("digits", ("--lr-schedule", "one-cycle", "--optimizer", "sgd")),
        ("digits", ("--lr-schedule", "step,step_size=2")),
        ("ds_cnn", ("--lr-schedule", "cosine")),  # with dropout and running statistics
    ],
)
def test_a_resumed_run_is_the_run_that_was_never_stopped(fastconv, bars, tmp_path, stops, model, schedule):
    def command(out):
        return "train", "--data", f"npz:{bars}", "--model", model, "--out", out, *SMALL, *OPTIONS, *schedule

    assert fastconv(*command(tmp_path / "whole")).status == 0
    stops(3)
    assert fastconv(*command(tmp_path / "parts")).status == 130
    stops(4)
    assert fastconv("train", "--resume", "--out", tmp_path / "parts").status == 130
    stops(None)
    result = fastconv("train", "--resume", "--out", tmp_path / "parts")
    assert (result.status, result.err) == (0, "")
    assert "resumed    after 3 epochs" in result.out
    assert [line.split()[0] for line in result.out.splitlines() if "/4 " in line] == ["4/4"]
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_a_process_that_ended_at_once_can_be_resumed(fastconv, bars, stopped, tmp_path):
    """What is there after an epoch, whatever happened then: the settings and the checkpoint."""
    for path in stopped.iterdir():
        if path.name not in (settings.CONFIG, settings.CHECKPOINT):
            path.unlink()
    assert fastconv("train", "--resume", "--out", stopped, *SMALL).status == 0
    whole = tmp_path / "whole"
    assert fastconv("train", "--data", f"npz:{bars}", "--out", whole, *SMALL).status == 0
    assert contents(stopped) == contents(whole)


def test_more_epochs_prolong_a_finished_run(fastconv, refused, bars, tmp_path):
    out, source = tmp_path / "run", ("--data", f"npz:{bars}")
    two = ("--batch-size", 16, "--backend", "reference", "--epochs", 2)
    assert fastconv("train", *source, "--out", out, *two).status == 0
    message = f"--resume: {out} holds a run of all 2 epochs, needs more --epochs than 2"
    assert refused("train", "--resume", "--out", out) == message
    assert fastconv("train", "--resume", "--out", out, "--epochs", 4).status == 0
    assert fastconv("train", *source, "--out", tmp_path / "whole", *SMALL).status == 0
    model, whole = (fc.load(folder / "model.safetensors") for folder in (out, tmp_path / "whole"))
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(model.state_dict()[name], array)


def test_a_schedule_that_fills_the_run_ends_with_it(fastconv, refused, bars, tmp_path):
    out, source = tmp_path / "run", ("--data", f"npz:{bars}", "--lr-schedule", "cosine")
    assert fastconv("train", *source, "--out", out, *SMALL).status == 0
    message = "--resume: got --epochs 5, needs 4: the schedule cosine ends there"
    assert refused("train", "--resume", "--out", out, "--epochs", 5) == message


@pytest.mark.parametrize(
    ("option", "value", "had"),
    [
        ("lr", "0.1", "0.003"),
        ("augment", "flip", "None"),
        ("epochs", "3", "4"),
        ("model", "lenet5", "digits"),
    ],
)
def test_what_differs_is_named(refused, stopped, option, value, had):
    before = contents(stopped)
    message = f"--resume: got --{option} {value}, needs {had}, as {stopped} began with, or none"
    assert refused("train", "--resume", "--out", stopped, f"--{option}", value) == message
    assert contents(stopped) == before


def test_the_same_options_may_be_given(fastconv, bars, stopped):
    given = ("--data", f"npz:{bars}", "--lr", 0.003, "--model", "digits")
    assert fastconv("train", "--resume", "--out", stopped, *given).status == 0


def test_other_data_is_named(refused, bars, stopped):
    with np.load(bars) as arrays:
        images, labels = arrays["images"][:40], arrays["labels"][:40]
        whole = dict(arrays)
    try:
        np.savez(bars, images=images, labels=labels, classes=whole["classes"])
        message = f"--resume: {stopped} was trained on other data: train_images: got 31, needs 48"
        assert refused("train", "--resume", "--out", stopped) == message
    finally:
        np.savez(bars, **whole)


def test_folders_that_are_no_run(refused, stopped, tmp_path):
    assert refused("train", "--resume") == (
        "--resume: got no run folder, needs --out DIR, the folder of the run"
    )
    needs = "the folder of a run that finished an epoch, with config.json and checkpoint.safetensors"
    for name in (settings.CHECKPOINT, settings.CONFIG):
        (stopped / name).unlink()
        message = f"--resume: {stopped} holds no {name}, needs {needs}"
        assert refused("train", "--resume", "--out", stopped) == message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lr": "fast"}, "argument --lr: got fast, needs a number above 0"),
        ({"size": 3}, "--size: got it with npz:"),
        ({"model": None}, None),
    ],
)
def test_settings_that_were_edited(refused, fastconv, stopped, change, said):
    path = stopped / settings.CONFIG
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, **change}))
    if said is None:  # the default
        assert fastconv("train", "--resume", "--out", stopped).status == 0
    else:
        assert said in refused("train", "--resume", "--out", stopped)


@pytest.mark.parametrize("text", ["", "[1]", "{}", "{", '{"lr": 1}'])
def test_what_is_no_settings(refused, stopped, text):
    path = stopped / settings.CONFIG
    path.write_text(text)
    assert refused("train", "--resume", "--out", stopped).startswith(
        f"{path}: holds no settings of a training: "
    )


def test_a_checkpoint_that_is_none(refused, stopped):
    (stopped / settings.CHECKPOINT).write_bytes(b"broken")
    start = f"{stopped / settings.CHECKPOINT}: is no complete safetensors file: "
    assert refused("train", "--resume", "--out", stopped).startswith(start)


def test_another_version_is_said(stopped):
    path = stopped / settings.CONFIG
    path.write_text(json.dumps({**json.loads(path.read_text()), "fastconv": "0.0.1"}))
    options = parse(["train", "--resume", "--out", str(stopped)])
    with pytest.warns(UserWarning, match=f"^fastconv 0.0.1 began {re.escape(str(stopped))}, this is "):
        settings.fill(options)


def test_a_checkpoint_is_evaluated_as_its_run_prepared_the_images(fastconv, refused, bars, tmp_path):
    out, source = tmp_path / "run", ("--data", f"npz:{bars}")
    assert fastconv("train", *source, "--out", out, "--normalize", *SMALL).status == 0
    shown = [
        fastconv("evaluate", out / name, *source, "--backend", "reference").out.splitlines()[1:]
        for name in ("model.safetensors", settings.CHECKPOINT)
    ]
    assert shown[0] == shown[1]
    assert shown[1][-1].startswith("right ")
    (out / settings.CONFIG).write_text("{")
    message = refused("evaluate", out / settings.CHECKPOINT, *source)
    assert message.startswith(f"{out / settings.CONFIG}: holds no settings of a training: ")
