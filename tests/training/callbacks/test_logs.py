"""Logs hold the epochs of the history, also where a training was resumed."""

import csv
import json
import math

import pytest

from fastconv import nn, optim
from fastconv.optim.lr_scheduler import ExponentialLR
from fastconv.training.callbacks import CSVLogger, JSONLogger, LearningRateLogger, ModelCheckpoint
from fastconv.training.trainer import Trainer
from tests.training.callbacks.training import X, Y, trainer


def fit(subject, epochs, callbacks, **more):
    return subject.fit(X, Y, batch_size=8, epochs=epochs, callbacks=callbacks, progress=False, **more)


def table(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_csv_file_has_a_row_for_each_epoch(tmp_path):
    path = tmp_path / "run" / "log.csv"
    history = fit(trainer(), 3, [CSVLogger(path)], validation_split=0.2)
    header, *rows = table(path)
    assert header == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert [row[0] for row in rows] == ["0", "1", "2"]
    assert [float(row[1]) for row in rows] == history["loss"]
    assert [float(row[4]) for row in rows] == history["val_accuracy"]
    assert "\r" not in path.read_text()


def test_json_lines_have_one_for_each_epoch(tmp_path):
    path = tmp_path / "log.jsonl"
    history = fit(trainer(), 2, [JSONLogger(str(path))])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [
        {"epoch": epoch, "loss": history["loss"][epoch], "accuracy": history["accuracy"][epoch]}
        for epoch in (0, 1)
    ]


def test_what_is_no_number_is_null_in_json(tmp_path):
    path = tmp_path / "log.jsonl"
    logger, subject = JSONLogger(path), trainer()
    logger.on_fit_begin(subject)
    logger.on_epoch_begin(subject, 0)
    logger.on_epoch_end(subject, 0, {"loss": math.nan, "accuracy": math.inf, "more": 0.5})
    assert path.read_text() == '{"epoch": 0, "loss": null, "accuracy": null, "more": 0.5}\n'


@pytest.mark.parametrize("kind", [CSVLogger, JSONLogger])
def test_a_fit_begins_its_log_anew(kind, tmp_path):
    path, subject = tmp_path / "log", trainer()
    logger = kind(path)
    fit(subject, 3, [logger])
    fit(subject, 1, [logger])
    assert len(path.read_text().splitlines()) == (2 if kind is CSVLogger else 1)


@pytest.mark.parametrize("kind", [CSVLogger, JSONLogger])
def test_a_resumed_log_is_that_of_a_training_that_never_stopped(kind, tmp_path):
    def dying(trainer, epoch, logs):
        if epoch == 4:
            raise RuntimeError("died")

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    fit(trainer(), 6, [kind(whole), LearningRateLogger()])
    kept = ModelCheckpoint(tmp_path, save_best=False, every=3)
    with pytest.raises(RuntimeError, match="died"):
        fit(trainer(), 6, [kind(broken), LearningRateLogger(), kept, dying])
    written = broken.read_text().splitlines()
    assert len(written) == len(whole.read_text().splitlines()) - 1  # all but the last epoch
    # The checkpoint is of epoch 2: what was logged after it is dropped and written again.
    resumed = Trainer.resume(tmp_path / "last.safetensors")
    fit(resumed, 6, [kind(broken), LearningRateLogger(), kept])
    assert broken.read_text() == whole.read_text()


def test_a_fit_that_is_refused_leaves_the_log_as_it_was(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("precious")
    with pytest.raises(ValueError, match=r"^ModelCheckpoint: monitor: got 'val_loss'"):
        fit(trainer(), 1, [CSVLogger(path), ModelCheckpoint(tmp_path)])
    assert path.read_text() == "precious"


def test_the_path_is_a_files(tmp_path):
    for wrong in (3, None):
        with pytest.raises(TypeError, match=rf"^CSVLogger: path: got {wrong}, needs a file's name"):
            CSVLogger(wrong)
    with pytest.raises(IsADirectoryError, match=r"^JSONLogger: path: .* is a folder, needs a file"):
        fit(trainer(), 1, [JSONLogger(tmp_path)])


def test_the_rate_of_each_epoch_is_in_the_history():
    model = nn.Linear(3, 2, seed=0)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    subject = Trainer(model, nn.CrossEntropyLoss(), optimizer, lr_scheduler=ExponentialLR(optimizer, 0.5))
    logger = LearningRateLogger()
    assert fit(subject, 3, [logger])["lr"] == [0.5, 0.25, 0.125]
    optimizer.lr = 1.0
    assert fit(subject, 1, [logger])["lr"] == [1.0]


def test_groups_have_rates_of_their_own():
    model = nn.Linear(3, 2, seed=0)
    weight, bias = model.parameters().items()
    optimizer = optim.SGD([{"params": dict([weight])}, {"params": dict([bias]), "lr": 0.25}], lr=0.5)
    subject = Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[LearningRateLogger()])
    history = fit(subject, 2, [])
    assert list(history) == ["loss", "accuracy", "lr", "lr_1"]
    assert (history["lr"], history["lr_1"]) == ([0.5, 0.5], [0.25, 0.25])
