import io
import math

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.callbacks import Callback, EarlyStopping, EpochLines, ProgressBar, TerminateOnNaN
from fastconv.training.trainer import Trainer

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 2, 20)


def trainer(**arguments):
    model = nn.Linear(3, 2, seed=0)
    return Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), **arguments)


def run(callback, values, key="val_loss"):
    """The epochs that a callback lets pass, for a training in which `key` takes these values."""
    subject = trainer()
    subject._figures = (key,)
    callback.on_fit_begin(subject)
    seen = []
    for epoch, value in enumerate(values):
        subject.model.weight[...] = epoch
        callback.on_epoch_end(subject, epoch, {key: value})
        seen.append(value)
        if subject.stop_training:
            break
    callback.on_fit_end(subject)
    return seen, subject


class Recorder(Callback):
    def __init__(self):
        self.calls = []

    def on_fit_begin(self, trainer):
        self.calls.append("fit begins")

    def on_epoch_begin(self, trainer, epoch):
        self.calls.append(f"epoch {epoch} begins")

    def on_batch_end(self, trainer, batch, logs):
        self.calls.append(f"batch {batch}: {', '.join(logs)}")

    def on_epoch_end(self, trainer, epoch, logs):
        assert trainer.history.history["loss"][epoch] == logs["loss"]
        self.calls.append(f"epoch {epoch} ends: {', '.join(logs)}")

    def on_fit_end(self, trainer):
        self.calls.append("fit ends")


def test_hooks_are_called_in_order():
    always, once = Recorder(), Recorder()
    subject = trainer(callbacks=[always])
    subject.fit(X, Y, batch_size=10, epochs=1, validation_data=(X, Y), callbacks=[once], progress=False)
    expected = [
        "fit begins",
        "epoch 0 begins",
        "batch 0: loss",
        "batch 1: loss",
        "epoch 0 ends: loss, accuracy, val_loss, val_accuracy",
        "fit ends",
    ]
    assert always.calls == once.calls == expected
    subject.fit(X, Y, batch_size=20, progress=False)
    assert len(always.calls) > len(once.calls) == len(expected)


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([Recorder(), 3], "got int, needs a Callback"),
        ([EarlyStopping], r"got the class EarlyStopping, needs a Callback: EarlyStopping\(...\) would fit"),
        (3, "got 3, needs a list of callbacks"),
        (None, "got None, needs a list of callbacks"),
        (EarlyStopping(), r"got EarlyStopping, needs a list of callbacks: \[callback\] would fit"),
    ],
)
def test_other_objects_are_no_callbacks(callbacks, message):
    with pytest.raises(TypeError, match=f"^Trainer: callbacks: {message}$"):
        trainer(callbacks=callbacks)
    with pytest.raises(TypeError, match=f"^fit: callbacks: {message}$"):
        trainer().fit(X, Y, callbacks=callbacks)
    with pytest.raises(TypeError, match=f"^resume: callbacks: {message}$"):
        Trainer.resume("nothing", callbacks=callbacks)


def test_the_end_is_told_also_after_an_error():
    class Failing(Callback):
        def on_batch_end(self, trainer, batch, logs):
            raise RuntimeError("on purpose")

    recorder = Recorder()
    with pytest.raises(RuntimeError, match="on purpose"):
        trainer().fit(X, Y, callbacks=[Failing(), recorder], progress=False)
    assert recorder.calls[-1] == "fit ends"


def test_a_callback_stops_the_training_after_the_batch():
    class Stop(Callback):
        def on_batch_end(self, trainer, batch, logs):
            trainer.stop_training = batch == 1

    recorder = Recorder()
    history = trainer().fit(X, Y, batch_size=5, epochs=3, callbacks=[Stop(), recorder], progress=False)
    assert [call for call in recorder.calls if call.startswith("batch")] == ["batch 0: loss", "batch 1: loss"]
    assert history.epoch == [0]


@pytest.mark.parametrize(
    ("arguments", "values", "length"),
    [
        ({}, [3, 2, 2, 1], 3),
        ({"patience": 1}, [3, 2, 2, 1], 3),
        ({"patience": 2}, [3, 2, 2, 1, 2, 2, 0], 6),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.4, 2.3, 2.2], 5),
        ({"mode": "max"}, [1, 2, 1], 3),
        ({"mode": "max"}, [3, 2, 1], 2),
        ({"patience": 2}, [math.nan] * 5, 2),
    ],
    ids=str,
)
def test_early_stopping_waits_for_an_improvement(arguments, values, length):
    callback = EarlyStopping(**arguments)
    seen, subject = run(callback, [*values, *values])
    assert len(seen) == length
    assert subject.stop_training
    assert callback.stopped_epoch == length - 1


def test_accuracies_are_to_grow_and_losses_to_fall():
    assert run(EarlyStopping("val_accuracy"), [0.1, 0.2, 0.1, 0.3], "val_accuracy")[0] == [0.1, 0.2, 0.1]
    assert run(EarlyStopping("loss"), [0.2, 0.1, 0.2, 0.0], "loss")[0] == [0.2, 0.1, 0.2]


@pytest.mark.parametrize(("restore", "weight"), [(True, 1), (False, 3)])
def test_early_stopping_brings_the_best_parameters_back(restore, weight):
    callback = EarlyStopping(patience=2, restore_best=restore)
    _, subject = run(callback, [3, 1, 2, 2])
    assert (subject.model.weight == weight).all()
    assert callback.best_epoch == 1


def test_the_best_parameters_come_back_also_when_patience_never_ran_out():
    _, subject = run(EarlyStopping(patience=9), [3, 1, 2])
    assert (subject.model.weight == 1).all()


def test_early_stopping_forgets_the_training_before():
    callback = EarlyStopping()
    run(callback, [1, 2])
    assert len(run(callback, [5, 4, 4])[0]) == 3


def test_early_stopping_names_what_can_be_watched():
    subject, recorder = trainer(), Recorder()
    history = subject.fit(X, Y, progress=False)
    message = "^EarlyStopping: monitor: got 'val_loss', needs one of loss, accuracy$"
    with pytest.raises(ValueError, match=message):
        subject.fit(X, Y, callbacks=[recorder, EarlyStopping()], progress=False)
    assert recorder.calls == ["fit begins"]
    assert subject.history is history
    assert subject.epochs == 1


def test_what_can_be_watched_is_known_when_a_fit_begins():
    class Watching(Callback):
        def on_fit_begin(self, trainer):
            seen.append(trainer.figures)

        def on_epoch_end(self, trainer, epoch, logs):
            assert trainer.figures == tuple(logs)

    seen, subject = [], trainer(callbacks=[Watching()])
    assert subject.figures == ()
    subject.fit(X, Y, progress=False)
    subject.fit(X, Y, validation_split=0.2, progress=False)
    assert seen == [("loss", "accuracy"), ("loss", "accuracy", "val_loss", "val_accuracy")]


@pytest.mark.parametrize("name", ["monitor", "best", "best_epoch", "stopped_epoch", "wait"])
def test_what_early_stopping_has_seen_is_checked_too(name):
    callback = EarlyStopping()
    with pytest.raises(TypeError, match=f"^EarlyStopping: {name}: got 1j, needs "):
        setattr(callback, name, 1j)
    assert (callback.best, callback.best_epoch, callback.stopped_epoch, callback.wait) == (
        math.inf,
        None,
        None,
        0,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "auto"}, "EarlyStopping: mode: got 'auto'"),
        ({"patience": -1}, "EarlyStopping: patience: got -1"),
        ({"mode": 1}, "EarlyStopping: mode: got 1"),
        ({"min_delta": -0.1}, "EarlyStopping: min_delta: got -0.1"),
        ({"min_delta": math.nan}, "EarlyStopping: min_delta: got nan"),
        ({"patience": 1.5}, "EarlyStopping: patience: got 1.5, needs an integer"),
        ({"monitor": None}, "EarlyStopping: monitor: got None, needs the name of a figure"),
        ({"restore_best": 1}, "EarlyStopping: restore_best: got 1, needs True or False"),
    ],
)
def test_early_stopping_checks_its_settings(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        EarlyStopping(**arguments)
    callback = EarlyStopping()
    (setting,) = arguments.items()
    with pytest.raises((TypeError, ValueError), match=message):
        setattr(callback, *setting)
    with pytest.raises(AttributeError, match="EarlyStopping: patients: there is no such setting"):
        callback.patients = 3


def test_settings_of_early_stopping_hold_from_then_on():
    callback = EarlyStopping()
    callback.patience, callback.mode = 2, "max"
    assert len(run(callback, [1, 2, 1, 1, 1])[0]) == 4


@pytest.mark.parametrize(
    ("callback", "name", "value"),
    [
        (EpochLines(3), "epochs", -1),
        (EpochLines(3), "epochs", "3"),
        (ProgressBar(3, None), "epochs", 1.0),
        (ProgressBar(3, None), "batches", -1),
    ],
)
def test_what_shows_the_progress_checks_its_settings(callback, name, value):
    with pytest.raises((TypeError, ValueError), match=f"{type(callback).__name__}: {name}: got {value!r}"):
        setattr(callback, name, value)


@pytest.mark.parametrize(("loss", "stops"), [(1.0, False), (math.nan, True), (math.inf, True)])
def test_terminate_on_nan(loss, stops):
    subject = trainer()
    TerminateOnNaN().on_batch_end(subject, 0, {"loss": loss})
    assert subject.stop_training is stops


def test_epoch_lines(capsys):
    callback = EpochLines(12)
    callback.on_epoch_begin(None, 2)
    callback.on_epoch_end(None, 2, {"loss": 0.123456, "accuracy": 1.0})
    out, err = capsys.readouterr()
    assert out.startswith("epoch 3/12: loss 0.1235, accuracy 1 (")
    assert out.endswith(" s)\n")
    assert err == ""


def test_progress_bar(capsys):
    callback = ProgressBar(2, batches=3)
    callback.on_epoch_begin(None, 1)
    for batch in range(3):
        callback.on_batch_end(None, batch, {"loss": 1.0})
    callback.on_epoch_end(None, 1, {"loss": 0.5})
    callback.on_fit_end(None)
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 2/2: 100%" in err
    assert "3/3" in err
    assert "loss 0.5" in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("progress", [None, True])
def test_a_bar_on_a_terminal_and_lines_elsewhere(progress, monkeypatch, capsys):
    trainer().fit(X, Y, epochs=2, progress=progress)
    assert capsys.readouterr().out.count("epoch ") == 2

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    trainer().fit(X, Y, epochs=2, progress=progress)
    assert "epoch 2/2" in terminal.getvalue()
    trainer().fit([(X, Y), (X, Y)], epochs=1, progress=progress)
    assert "2batch" in terminal.getvalue()  # the length of an iterable is not known
    assert capsys.readouterr().out == ""


def test_no_progress_is_silent(capsys):
    trainer().fit(X, Y, progress=False)
    assert capsys.readouterr() == ("", "")
