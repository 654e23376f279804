import csv
import json
import math
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

import fastconv as fc
from fastconv.cli import modelfile, reports, train
from fastconv.data import digits

FILES = [
    "checkpoint.safetensors",
    "config.json",
    "confusion.csv",
    "confusion.txt",
    "curves.png",
    "history.csv",
    "history.json",
    "model.safetensors",
]
ONE_EPOCH = ("--epochs", 1, "--batch-size", 8, "--backend", "reference")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def assert_same_but_for_the_epochs(stopped, short):
    """A stopped run says how many epochs it was to have; its checkpoint is inside of a fit."""
    files, others = contents(stopped), contents(short)
    configs = [json.loads(each.pop("config.json")) for each in (files, others)]
    asked = [config.pop("epochs") for config in configs]
    assert asked[0] > asked[1] == configs[0]["finished_epochs"]
    assert configs[0] == configs[1]
    assert files == others


def test_what_is_printed(trained, bars):
    result, folder = trained
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == f"data       npz:{bars}: 48 images to train, 12 to test, 1 x 6 x 8, 3 classes"
    assert lines[1] == "model      digits: 9,155 parameters"  # 160 + 4640 + 4160 + 195
    assert lines[2] == "training   4 epochs, batches of 8, Adam 0.01, label smoothing 0.1, seed 0, reference"
    assert lines[4].split() == ["epoch", "loss", "accuracy", "test", "loss", "test", "accuracy"]
    epochs = lines[5:9]
    assert [line.split()[0] for line in epochs] == ["1/4", "2/4", "3/4", "4/4"]
    assert {len(line) for line in lines[4:9]} == {len(lines[4])}
    assert re.fullmatch(r"test accuracy 100\.00 % \(12 of 12\), \d+\.\d s", lines[10])
    assert lines[11] == f"{folder}: {', '.join(FILES)}"


def test_the_model_is_the_one_that_was_measured(trained, bars):
    _, folder = trained
    model = fc.load(folder / "model.safetensors")
    images, labels = fc.data.npz(bars).test
    assert (model.predict(images).argmax(axis=1) == labels).all()
    assert json.loads((folder / "config.json").read_text())["test_accuracy"] == 1


def test_files_of_a_run(trained, bars):
    _, folder = trained
    assert sorted(path.name for path in folder.iterdir()) == FILES
    config = json.loads((folder / "config.json").read_text())
    chosen = {"epochs": 4, "batch_size": 8, "lr": 0.01, "seed": 0, "backend": "reference", "model": "digits"}
    assert chosen.items() <= config.items()
    assert config["classes"] == ["left", "middle", "right"]
    history = json.loads((folder / "history.json").read_text())
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert {len(values) for values in history.values()} == {4}
    with (folder / "confusion.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][1:] == ["left", "middle", "right"]
    assert np.array([row[1:] for row in rows[1:]], int).tolist() == (4 * np.eye(3, dtype=int)).tolist()


def test_the_same_seed_gives_the_same_files(fastconv, bars, tmp_path):
    def run(name, seed):
        folder = tmp_path / name
        command = ("train", "--data", f"npz:{bars}", "--out", folder, "--seed", seed, *ONE_EPOCH)
        assert fastconv(*command).status == 0
        return contents(folder)

    first, second, other = run("a", 3), run("b", 3), run("c", 4)
    assert first == second
    assert first["model.safetensors"] != other["model.safetensors"]


def test_runs_are_numbered(fastconv, bars, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        result = fastconv("train", "--data", f"npz:{bars}", "--model", "derivation_mlp", *ONE_EPOCH)
        assert result.status == 0
        assert (tmp_path / f"runs/bars-derivation_mlp-{number}/model.safetensors").is_file()


def test_a_folder_in_use_is_refused_and_kept(refused, trained):
    _, folder = trained
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert (
        refused("train", "--out", folder)
        == f"{folder}: got a folder with files in it, needs a new or an empty one"
    )
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_an_unknown_network_leaves_no_folder(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "got 'lenet6', needs one of" in refused("train", "--model", "lenet6")
    assert refused("train", "--model", "lenet5").startswith("--model lenet5: in 3 (Conv2d): ")
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_one_line_says_what_is_missing(fastconv, bars, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = fastconv("train", "--data", f"npz:{bars}", "--out", tmp_path / "run", *ONE_EPOCH)
    assert result.status == 0
    assert "no pictures without matplotlib: pip install 'fastconv[plots]'\n" in result.out
    assert not list((tmp_path / "run").glob("*.png"))


def test_a_training_that_diverges_is_one_line(fastconv, bars, tmp_path):
    command = ("train", "--data", f"npz:{bars}", "--lr", 1e30, "--out", tmp_path / "run", *ONE_EPOCH)
    result = fastconv(*command)
    assert result.status == 2
    assert re.fullmatch(
        r"fastconv: error: --lr: the loss became (nan|inf) in epoch 1; needs a smaller one than 1e\+30\n",
        result.err,
    )
    assert not (tmp_path / "run").exists()


def test_the_figures_of_a_run_are_those_of_evaluate(fastconv, trained, bars):
    _, folder = trained
    result = fastconv(
        "evaluate", folder / "model.safetensors", "--data", f"npz:{bars}", "--backend", "reference"
    )
    history = json.loads((folder / "history.json").read_text())
    assert result.out.splitlines()[2:4] == [
        f"loss       {history['val_loss'][-1]:.4f}",
        f"accuracy   {history['val_accuracy'][-1]:.2%} (12 of 12)".replace("%", " %"),
    ]
    model, (images, labels) = fc.load(folder / "model.safetensors"), fc.data.npz(bars).test
    plain = fc.functional.cross_entropy(model.predict(images), labels)
    assert history["val_loss"][-1] == pytest.approx(float(plain), rel=1e-6)


def test_an_interrupted_run_is_the_run_of_its_finished_epochs(fastconv, bars, tmp_path, monkeypatch):
    def command(epochs):
        return (
            "train",
            "--data",
            f"npz:{bars}",
            "--out",
            tmp_path / str(epochs),
            *ONE_EPOCH,
            "--epochs",
            epochs,
        )

    class Interrupted(train.FiniteLoss):
        def on_batch_end(self, trainer, batch, logs):
            if (self.epoch, batch) == (3, 4):
                raise KeyboardInterrupt

    assert fastconv(*command(2)).status == 0
    monkeypatch.setattr(train, "FiniteLoss", Interrupted)
    result = fastconv(*command(5))
    assert result.status == 130
    way = f"fastconv train --resume --out {tmp_path / '5'} goes on"
    said = f"fastconv: error: interrupted: {tmp_path / '5'} holds what 2 of 5 epochs gave; {way}\n"
    assert result.err == said
    assert_same_but_for_the_epochs(tmp_path / "5", tmp_path / "2")


@pytest.mark.parametrize("arguments", [(), ("--out", "some/where/new")], ids=["numbered", "named"])
def test_an_interrupted_first_epoch_leaves_nothing(fastconv, bars, tmp_path, monkeypatch, arguments):
    class Interrupted(train.FiniteLoss):
        def on_batch_end(self, trainer, batch, logs):
            raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "FiniteLoss", Interrupted)
    result = fastconv("train", "--data", f"npz:{bars}", *arguments, *ONE_EPOCH)
    assert (result.status, result.err) == (130, "fastconv: error: interrupted\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("place", ["on_epoch_end", "on_fit_end"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_last_epoch_loses_nothing(fastconv, bars, tmp_path, monkeypatch, place, number):
    """Twice: while the last epoch is shown or has just been, and while the files are written."""

    def signals(function):
        def run(*arguments):
            signal.raise_signal(number)
            function(*arguments)

        return run

    monkeypatch.setattr(train.FiniteLoss, place, signals(getattr(train.FiniteLoss, place)))
    monkeypatch.setattr(reports, "write_history", signals(reports.write_history))
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    result = fastconv("train", "--data", f"npz:{bars}", "--out", tmp_path / "run", *ONE_EPOCH)
    assert result.status == 130
    said = f"fastconv: error: interrupted: {tmp_path / 'run'} holds what 1 of 1 epoch gave\n"
    assert result.err == said
    assert set(contents(tmp_path / "run")) >= set(FILES)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.usefixtures("usual_signals")
def test_sigterm_in_the_first_epoch_leaves_no_folder(fastconv, bars, tmp_path, monkeypatch):
    monkeypatch.setattr(train.FiniteLoss, "on_batch_end", lambda *_: signal.raise_signal(signal.SIGTERM))
    result = fastconv("train", "--data", f"npz:{bars}", "--out", tmp_path / "run", *ONE_EPOCH)
    assert (result.status, result.err) == (130, "fastconv: error: interrupted\n")
    assert not list(tmp_path.iterdir())


def test_a_loss_that_becomes_no_number_keeps_the_finished_epochs(fastconv, bars, tmp_path, monkeypatch):
    class Diverging(train.FiniteLoss):
        def on_batch_end(self, trainer, batch, logs):
            super().on_batch_end(trainer, batch, {"loss": math.nan if self.epoch == 3 else 1.0})

    def command(epochs):
        folder = tmp_path / str(epochs)
        return "train", "--data", f"npz:{bars}", "--out", folder, *ONE_EPOCH, "--epochs", epochs

    assert fastconv(*command(2)).status == 0
    monkeypatch.setattr(train, "FiniteLoss", Diverging)
    result = fastconv(*command(5))
    assert result.status == 2
    assert result.err == (
        "fastconv: error: --lr: the loss became nan in epoch 3; needs a smaller one than 0.003; "
        f"{tmp_path / '5'} holds what 2 of 5 epochs gave\n"
    )
    assert_same_but_for_the_epochs(tmp_path / "5", tmp_path / "2")


@pytest.mark.parametrize("lines", [7, 13], ids=["an epoch", "the end"])
def test_a_reader_that_goes_away_leaves_the_finished_epochs(bars, tmp_path, lines):
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "fastconv", "train", "--data", f"npz:{bars}", "--out", str(folder)]
    command += [*map(str, ONE_EPOCH), "--epochs", "8"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        for _ in range(lines):
            child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""
    assert child.returncode == 141
    assert {path.name for path in folder.iterdir()} >= set(FILES)
    epochs = json.loads((folder / "config.json").read_text())["finished_epochs"]
    assert lines - 5 <= epochs <= 8


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_the_signal_of_an_interruption(bars, tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "fastconv", "train", "--data", f"npz:{bars}", "--out", str(folder)]
    small = ["--epochs", "400", "--batch-size", "48", "--backend", "reference"]

    def heed():  # a shell's background jobs, these tests perhaps among them, ignore the signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, *small], preexec_fn=heed, **pipes) as child:
        while "/400 " not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    assert child.returncode == 130
    epochs = json.loads((folder / "config.json").read_text())["finished_epochs"]
    assert 20 <= epochs < 400
    way = f"fastconv train --resume --out {folder} goes on"
    assert err == f"fastconv: error: interrupted: {folder} holds what {epochs} of 400 epochs gave; {way}\n"
    assert out.splitlines()[-1] == f"{folder}: {', '.join(FILES)}"
    history = json.loads((folder / "history.json").read_text())
    assert [len(values) for values in history.values()] == [epochs] * 4
    model, (images, labels) = fc.load(folder / "model.safetensors"), fc.data.npz(bars).test
    loss = float(fc.functional.cross_entropy(model.predict(images), labels))
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-5)


def test_an_empty_folder_of_the_user_stays(fastconv, bars, tmp_path):
    (tmp_path / "run").mkdir()
    assert (
        fastconv("train", "--data", f"npz:{bars}", "--lr", 1e30, "--out", tmp_path / "run", *ONE_EPOCH).status
        == 2
    )
    assert (tmp_path / "run").is_dir()


@pytest.mark.parametrize(("images", "epochs"), [(1, 30), (1438, 30), (8000, 30), (30_000, 8), (10**6, 5)])
def test_epochs_by_the_size_of_the_data(images, epochs):
    assert train.default_epochs(images) == epochs


@pytest.fixture
def one_thread():
    """Small kernels on one thread: the same bits, and no waiting for a busy neighbour."""
    threads = fc.get_num_threads()
    fc.set_num_threads(1)
    yield
    fc.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_the_defaults_reach_the_promised_accuracy(fastconv, tmp_path):
    result = fastconv("train", "--out", tmp_path / "run")
    assert result.status == 0
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["test_images"] == len(digits().test[1]) == 359
    assert config["test_accuracy"] >= 0.985


@pytest.fixture(scope="module")
def pets(bars, tmp_path_factory):
    """The bars as image files, a folder for each class, twice as large."""
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path_factory.mktemp("pets") / "pets"
    with np.load(bars) as arrays:
        names, stored = arrays["classes"], zip(arrays["images"], arrays["labels"], strict=True)
        for number, (pixels, label) in enumerate(stored):
            (folder / names[label]).mkdir(parents=True, exist_ok=True)
            large = image.fromarray(np.kron(pixels, np.ones((2, 2), np.uint8)))
            large.save(folder / names[label] / f"{number:02}.png")
    return folder


def test_normalised_images_of_a_folder_and_their_prediction(fastconv, pets, tmp_path):
    out, small = tmp_path / "run", ("--batch-size", 8, "--lr", 0.01, "--backend", "reference")
    source = ("--data", f"folder:{pets}")
    result = fastconv("train", *source, "--size", "6,8", "--normalize", "--epochs", 4, "--out", out, *small)
    assert (result.status, result.err) == (0, "")
    model = out / "model.safetensors"
    assert modelfile.load(str(model))[1].preparation.normalize is not None
    result = fastconv("evaluate", model, *source, "--backend", "reference")
    assert "accuracy   100.00 % (12 of 12)" in result.out
    files = [next((pets / name).iterdir()) for name in ("left", "middle", "right")]
    lines = fastconv("predict", model, *files, "--backend", "reference").out.splitlines()[1:]
    assert [line.split()[1] for line in lines] == ["left", "middle", "right"]


def test_a_size_for_what_is_no_folder(refused):
    message = "--size: got it with digits, needs images of a folder: folder:DIR"
    assert refused("train", "--size", 8) == message


def test_augmented_images(fastconv, refused, bars, tmp_path):
    source = ("--data", f"npz:{bars}", "--out", tmp_path / "run")
    small = ("--epochs", 12, "--batch-size", 8, "--lr", 0.01, "--backend", "reference")
    result = fastconv("train", *source, *small, "--augment", "noise=0.05,mixup")
    assert (result.status, result.err) == (0, "")
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["augment"] == "noise=0.05,mixup"
    assert config["test_accuracy"] == 1
    assert refused("train", "--augment", "zoom").startswith(
        "--augment: got zoom, needs a list of shift[=2], "
    )


@pytest.mark.parametrize("name", ["ds_cnn", "mobilenet_v1", "resnet8", "resnet20"])
def test_networks_for_any_images(fastconv, bars, tmp_path, monkeypatch, name):
    monkeypatch.setattr(reports, "can_draw", lambda: False)
    small = ("--epochs", 1, "--batch-size", 48, "--backend", "reference")
    result = fastconv("train", "--data", f"npz:{bars}", "--model", name, "--out", tmp_path / "run", *small)
    assert (result.status, result.err) == (0, "")
    assert fc.models.build(name, digits().input_shape, 10).output_shape((1, 8, 8)) == (10,)
