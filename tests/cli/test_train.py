import csv
import json
import re
import sys

import numpy as np
import pytest

import fastconv as fc
from fastconv.cli import train
from fastconv.data import digits

FILES = [
    "config.json",
    "confusion.csv",
    "confusion.txt",
    "curves.png",
    "history.csv",
    "history.json",
    "model.safetensors",
]
ONE_EPOCH = ("--epochs", 1, "--batch-size", 8, "--backend", "reference")


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
    with fc.backend("reference"):
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
    def contents(name, seed):
        folder = tmp_path / name
        command = ("train", "--data", f"npz:{bars}", "--out", folder, "--seed", seed, *ONE_EPOCH)
        assert fastconv(*command).status == 0
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first, second, other = contents("a", 3), contents("b", 3), contents("c", 4)
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
    assert refused("train", "--model", "lenet5").startswith("--model lenet5: 3 (Conv2d): ")
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
