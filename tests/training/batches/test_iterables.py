"""Batches from an iterable: of any length, endless, over several epochs."""

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.callbacks import Callback
from fastconv.training.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3)).astype(np.float32)
Y = (X[:, 0] > X[:, 1]).astype(np.int64)
LATE = np.where(np.arange(23) == 21, 2, Y)


def trainer(loss=None, outputs=2, dropout=0.0):
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, outputs), seed=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return Trainer(model, loss or nn.CrossEntropyLoss(), optimizer)


def fit(subject, *data, **arguments):
    return subject.fit(*(data or (X, Y)), progress=False, **arguments)


def same_parameters(a, b):
    a, b = a.model.parameters(), b.model.parameters()
    return all(np.array_equal(a[name], b[name]) for name in a)


PARTS = (slice(0, 10), slice(10, 20), slice(20, 23))


def test_an_iterable_of_batches_is_the_same_training():
    a, b = trainer(), trainer()
    arrays = fit(a, batch_size=10, shuffle=False, epochs=2, validation_data=(X, Y))
    batches = fit(b, [(X[p], Y[p]) for p in PARTS], epochs=2, validation_data=(X, Y))
    assert arrays.history == batches.history
    assert same_parameters(a, b)
    assert b.evaluate([(X[p], Y[p]) for p in PARTS]) == b.evaluate(X, Y, batch_size=10)


def test_batches_may_carry_weights():
    weight = RNG.random(23)
    a, b = trainer(), trainer()
    fit(a, batch_size=10, shuffle=False, sample_weight=weight, class_weight={1: 2.0})
    fit(b, ((X[p], Y[p], weight[p]) for p in PARTS), class_weight={1: 2.0})
    assert same_parameters(a, b)


@pytest.mark.parametrize(
    ("batches", "arguments", "error", "message"),
    [
        (
            iter([(X, Y)]),
            {"epochs": 2},
            ValueError,
            "fit: x: got an iterator, which ends after one epoch",
        ),
        ([], {}, ValueError, "fit: x: got no batches"),
        ([X], {}, TypeError, r"fit: batch 1: got an array of shape \(23, 3\), needs \(x, y\)"),
        ([(X, Y), (X, Y[:2])], {}, ValueError, "fit: batch 2: y: got 2 samples, needs 23"),
        ([(None, Y)], {}, TypeError, "fit: batch 1: x: got NoneType, needs an array with a batch axis"),
        (
            [(X[:9], Y[:9]), (X, LATE)],
            {},
            ValueError,
            "^fit: batch 2: y: got 2 at index 21, needs 0 to 1, or ignore_index=-100$",
        ),
        (
            [(X, Y), (X, Y.astype(bool))],
            {},
            TypeError,
            r"^fit: batch 2: y: got bool, needs .*; y.astype\(np.int64\) would fit$",
        ),
        (
            [(X, Y), (X, Y, -np.ones(23))],
            {},
            ValueError,
            "^fit: batch 2: sample_weight, class_weight: got a",
        ),
        ([(X, Y)], {"sample_weight": np.ones(23)}, ValueError, "fit: sample_weight: got it with batches"),
        (
            [(X, Y)],
            {"batch_size": 8},
            ValueError,
            "fit: batch_size: got 8 with batches, needs the default, 32",
        ),
        ([(X, Y)], {"validation_split": 0.5}, ValueError, "fit: validation_split: got it with batches"),
    ],
)
def test_what_is_no_batch_is_told(batches, arguments, error, message):
    with pytest.raises(error, match=message):
        fit(trainer(), batches, **arguments)


def test_an_endless_generator_has_epochs_of_steps():
    def endless():
        while True:
            yield from ((X[p], Y[p]) for p in PARTS)

    a, b, c = trainer(), trainer(), trainer()
    history = fit(a, endless(), steps_per_epoch=3, epochs=4)
    assert history.history == fit(b, [(X[p], Y[p]) for p in PARTS], epochs=4).history
    assert same_parameters(a, b)
    # Epochs continue where the last one ended, whatever their length.
    fit(c, endless(), steps_per_epoch=2, epochs=6)
    assert same_parameters(a, c)
    assert len(c.history["loss"]) == 6


def test_an_iterable_is_begun_again_where_steps_ask_for_more():
    a, b = trainer(), trainer()
    fit(a, [(X[p], Y[p]) for p in PARTS], steps_per_epoch=4, epochs=3)
    fit(b, [(X[p], Y[p]) for p in PARTS], epochs=4)
    assert same_parameters(a, b)


def test_an_iterator_that_runs_out_is_told():
    subject = trainer()
    message = r"^fit: x: got 1 batches, needs 2 in each epoch \(steps_per_epoch\)$"
    with pytest.raises(ValueError, match=message):
        fit(subject, iter([(X, Y)] * 3), steps_per_epoch=2, epochs=2)
    assert len(subject.history["loss"]) == 1
    with pytest.raises(ValueError, match=r"^fit: x: got no batches, needs at least one in each epoch$"):
        fit(trainer(), iter([]), steps_per_epoch=2)


def test_evaluate_takes_steps():
    parts = [(X[p], Y[p]) for p in PARTS]
    subject = trainer()
    assert subject.evaluate(iter(parts), steps=2) == subject.evaluate(parts[:2])
    with pytest.raises(ValueError, match=r"^evaluate: steps: got it with arrays, needs an iterable"):
        subject.evaluate(X, Y, steps=2)


class DiedError(Exception):
    """What ends a training."""


class SaveAndFail(Callback):
    def __init__(self, path):
        self.path = path

    def on_epoch_end(self, trainer, epoch, logs):
        if epoch == 1:
            trainer.save(self.path)
            raise DiedError


@pytest.mark.parametrize("steps", [None, 2, 4])
def test_a_resumed_fit_goes_on_with_the_next_batches(steps, tmp_path):
    parts = [(X[p], Y[p]) for p in PARTS]
    whole, dying = trainer(dropout=0.3), trainer(dropout=0.3)
    arguments = {"epochs": 5, "steps_per_epoch": steps, "validation_data": parts}
    history = fit(whole, parts, **arguments)
    with pytest.raises(DiedError):
        fit(dying, parts, **arguments, callbacks=[SaveAndFail(tmp_path / "run.safetensors")])
    resumed = Trainer.resume(tmp_path / "run.safetensors")
    assert fit(resumed, parts, **arguments).history == history.history
    assert same_parameters(whole, resumed)


def test_one_pass_is_one_call_of_iter():
    class Counting:
        calls = 0

        def __iter__(self):
            self.calls += 1
            return iter([(X, Y)])

    training, validation = Counting(), Counting()
    fit(trainer(), training, epochs=1, validation_data=validation)
    assert (training.calls, validation.calls) == (1, 1)
