import math

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.callbacks import EarlyStopping, TerminateOnNaN
from fastconv.training.trainer import Trainer
from tests.training.callbacks.training import Recorder, X, Y, trainer


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


@pytest.mark.parametrize(("loss", "stops"), [(1.0, False), (math.nan, True), (math.inf, True)])
def test_terminate_on_nan(loss, stops):
    subject = trainer()
    TerminateOnNaN().on_batch_end(subject, 0, {"loss": loss})
    assert subject.stop_training is stops


def test_early_stopping_brings_the_best_buffers_back():
    class Counting(nn.Linear):
        """Counts its training steps in a buffer."""

        def __init__(self):
            super().__init__(3, 2, seed=0)
            self._buffers["seen"] = np.zeros((), np.int64)

        def forward(self, x, training=True):
            if training:
                self._buffers["seen"] += 1
            return super().forward(x, training)

    model = Counting()
    subject = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    callback = EarlyStopping("loss", patience=1, mode="max")  # the first epoch's loss is the largest
    subject.fit(X, Y, batch_size=5, epochs=3, callbacks=[callback], progress=False)
    assert callback.best_epoch == 0
    assert model.state_dict()["seen"] == 4
    restored = EarlyStopping("loss")
    restored.load_state_dict(callback.state_dict())
    assert restored.state_dict()["parameters"]["seen"] == 4
