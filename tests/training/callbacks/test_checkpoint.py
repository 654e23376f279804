"""What is saved is resumed with the same bits, with all that callbacks remember."""

import numpy as np
import pytest

from fastconv.training.callbacks import EarlyStopping, ModelCheckpoint
from fastconv.training.trainer import Trainer
from tests.training.callbacks.training import X, Y, trainer


def fit(subject, epochs, callbacks, **more):
    options = {"batch_size": 8, "validation_data": (X, Y), "progress": False}
    return subject.fit(X, Y, epochs=epochs, callbacks=callbacks, **{**options, **more})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def watched(callback, values):
    """A fit in which the validation's loss takes these values."""

    class Scripted(Trainer):
        def _measure(self, data, run):
            measured = super()._measure(data, run)
            return {**measured, "loss": values[self.epochs]} if self._hooks else measured

    subject = trainer()
    subject.__class__ = Scripted
    fit(subject, len(values), [callback])
    return subject


def epochs_of(path):
    return Trainer.resume(path).epochs


def test_the_last_and_the_best_epoch_are_saved(tmp_path):
    callback = ModelCheckpoint(tmp_path / "new" / "run")
    subject = watched(callback, [3.0, 1.0, 2.0, 2.0])
    folder = tmp_path / "new" / "run"
    assert names(folder) == ["best.safetensors", "last.safetensors"]
    assert epochs_of(folder / "last.safetensors") == 4
    assert epochs_of(folder / "best.safetensors") == callback.best_epoch + 1 == 2
    same = Trainer.resume(folder / "last.safetensors").model.parameters()
    assert all(np.array_equal(array, same[name]) for name, array in subject.model.parameters().items())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"save_best": False}, {"last": 5}),
        ({"save_best": False, "every": 2}, {"last": 4}),
        ({"save_last": False}, {"best": 3}),
        ({"save_last": False, "mode": "max"}, {"best": 5}),
        ({"every": 3}, {"last": 3, "best": 3}),
        ({"save_last": False, "monitor": "loss", "save_best": False}, {}),
    ],
    ids=str,
)
def test_which_epochs_are_saved(options, expected, tmp_path):
    watched(ModelCheckpoint(tmp_path, **options), [3.0, 2.0, 1.0, 2.0, 4.0])
    assert {path.stem: epochs_of(path) for path in tmp_path.iterdir()} == expected


def test_a_pattern_names_the_files(tmp_path):
    pattern = tmp_path / "{kind}" / "{epoch:02d}-{val_loss:.1f}.safetensors"
    watched(ModelCheckpoint(pattern), [3.0, 1.5, 2.0])
    assert names(tmp_path / "last") == ["01-3.0.safetensors", "02-1.5.safetensors", "03-2.0.safetensors"]
    assert names(tmp_path / "best") == ["01-3.0.safetensors", "02-1.5.safetensors"]


def test_one_file_for_both_is_written_once_an_epoch(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(Trainer, "save", lambda self, path: saved.append(path.name))
    watched(ModelCheckpoint(str(tmp_path / "run.safetensors")), [2.0, 1.0])
    assert saved == ["run.safetensors"] * 2


def test_a_resumed_training_ends_with_the_same_bits(tmp_path):
    """The checkpoint stands before another callback in the list, and has seen it all the same."""

    def dying(trainer, epoch, logs):
        if epoch == 3:
            raise RuntimeError("died")

    whole, died = trainer(), trainer()
    stopping, checkpoint = EarlyStopping(patience=9), ModelCheckpoint(tmp_path / "whole")
    history = fit(whole, 6, [checkpoint, stopping])
    with pytest.raises(RuntimeError, match="died"):
        fit(died, 6, [ModelCheckpoint(tmp_path / "died"), EarlyStopping(patience=9), dying])
    resumed = Trainer.resume(tmp_path / "died" / "last.safetensors")
    assert resumed.epochs == 3
    again, rest = EarlyStopping(patience=9), ModelCheckpoint(tmp_path / "died")
    assert fit(resumed, 6, [rest, again]).history == history.history
    assert (again.best, again.best_epoch, again.wait) == (stopping.best, stopping.best_epoch, stopping.wait)
    assert (rest.best, rest.best_epoch) == (checkpoint.best, checkpoint.best_epoch)
    for kind in ("last", "best"):
        files = [tmp_path / run / f"{kind}.safetensors" for run in ("whole", "died")]
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"path": 3}, TypeError, "path: got 3, needs a folder"),
        ({"path": "run/{epoch}"}, ValueError, "path: got run/{epoch}, needs a folder without braces, or a"),
        ({"save_last": 1}, TypeError, "save_last: got 1, needs True or False"),
        ({"save_best": None}, TypeError, "save_best: got None, needs True or False"),
        ({"every": 0}, ValueError, "every: got 0, needs an integer from 1"),
        ({"mode": "low"}, ValueError, "mode: got 'low', needs 'min' or 'max'"),
        ({"monitor": None}, TypeError, "monitor: got None, needs the name of a figure"),
    ],
    ids=str,
)
def test_settings_are_checked(arguments, error, message):
    with pytest.raises(error, match=f"^ModelCheckpoint: {message}"):
        ModelCheckpoint(**{"path": "run", **arguments})


@pytest.mark.parametrize(
    ("pattern", "monitor", "message"),
    [
        ("{loss}-{f1}.safetensors", "loss", r"path: got .*, needs the fields kind, epoch, loss, accuracy \("),
        ("{epoch:q}.safetensors", "loss", r"path: got .*, needs the fields kind, "),
        ("{}.safetensors", "loss", r"path: got .*, needs the fields kind, "),
        ("run", "val_loss", "monitor: got 'val_loss', needs one of loss, accuracy"),
    ],
)
def test_what_a_fit_does_not_give_is_told_before_it_begins(pattern, monitor, message, tmp_path):
    subject = trainer()
    callback = ModelCheckpoint(tmp_path / pattern, monitor)
    with pytest.raises(ValueError, match=f"^ModelCheckpoint: {message}"):
        fit(subject, 1, [callback], validation_data=None)
    assert subject.epochs == 0
    assert names(tmp_path) == []
