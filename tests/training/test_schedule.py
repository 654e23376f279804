"""When a schedule goes on, and what a trainer takes for one."""

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.optim.lr_scheduler import ExponentialLR, OneCycleLR, ReduceLROnPlateau, StepLR
from fastconv.training.callbacks import Callback
from fastconv.training.trainer import Trainer
from tests.training.callbacks.training import X, Y


def trainer(make, interval="epoch", lr=0.5, **arguments):
    model = nn.Linear(3, 2, seed=0)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    options = {"lr_scheduler": make(optimizer), "lr_scheduler_interval": interval}
    return Trainer(model, nn.CrossEntropyLoss(), optimizer, **{**options, **arguments})


class Rates(Callback):
    """Notes the rate before each epoch and after each batch."""

    def __init__(self):
        self.epochs, self.batches = [], []

    def on_epoch_begin(self, trainer, epoch):
        self.epochs.append(trainer.optimizer.lr)

    def on_batch_end(self, trainer, batch, logs):
        self.batches.append(trainer.optimizer.lr)


def fit(subject, epochs=2, **more):
    rates = Rates()
    subject.fit(X, Y, batch_size=10, epochs=epochs, callbacks=[rates], progress=False, **more)
    return rates


def test_by_epochs():
    rates = fit(trainer(lambda o: ExponentialLR(o, 0.5)))
    assert rates.epochs == [0.5, 0.25]
    assert rates.batches == [0.5, 0.5, 0.25, 0.25]


def test_by_steps():
    subject = trainer(lambda o: ExponentialLR(o, 0.5), "step")
    rates = fit(subject)
    assert rates.epochs == [0.5, 0.125]
    assert rates.batches == [0.25, 0.125, 0.0625, 0.03125]
    subject.step(X, Y)
    assert subject.optimizer.lr == 0.015625


def test_a_single_step_is_no_epoch():
    subject = trainer(lambda o: ExponentialLR(o, 0.5))
    subject.step(X, Y)
    assert subject.optimizer.lr == 0.5


def test_the_step_is_made_with_the_rate_before_and_clipped_gradients():
    subject, plain = trainer(lambda o: StepLR(o, 1), "step", clip_norm=0.25), trainer(lambda o: None)
    plain.clip_norm = 0.25
    assert subject.step(X, Y) == plain.step(X, Y)
    assert np.array_equal(subject.model.weight, plain.model.weight)


def test_a_whole_cycle():
    subject = trainer(lambda o: OneCycleLR(o, 1.0, epochs=3, steps_per_epoch=2, pct_start=0.5), "step")
    rates = fit(subject, epochs=3)
    assert subject.lr_scheduler.last_epoch == 6
    assert max(rates.batches) == rates.batches[1] == 1.0
    assert min(rates.batches) == rates.batches[4] == pytest.approx(1 / 25 / 1e4)


@pytest.mark.parametrize(("validation", "figure"), [((X, Y), "val_loss"), (None, "loss")])
def test_a_plateau_watches_the_validation_if_there_is_one(validation, figure):
    subject = trainer(lambda o: ReduceLROnPlateau(o), lr=0.01)
    fit(subject, epochs=3, validation_data=validation)
    assert subject.lr_scheduler.last_epoch == 3
    assert subject.lr_scheduler.best == min(subject.history[figure])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"lr_scheduler": 0.5}, TypeError, "lr_scheduler: got float, needs a LRScheduler"),
        ({"lr_scheduler": StepLR}, TypeError, "lr_scheduler: got the class StepLR, needs a LRScheduler"),
        (
            {"lr_scheduler_interval": "batch"},
            ValueError,
            "lr_scheduler_interval: got 'batch', needs",
        ),
        ({"lr_scheduler_interval": None}, ValueError, "lr_scheduler_interval: got None"),
    ],
)
def test_what_is_no_schedule_is_told(arguments, error, message):
    with pytest.raises(error, match=f"^Trainer: {message}"):
        trainer(lambda o: StepLR(o, 1), **arguments)


def test_schedules_that_do_not_fit_are_told():
    other = optim.SGD({"p": np.zeros(1)}, lr=1.0)
    with pytest.raises(
        ValueError, match=r"^Trainer: lr_scheduler: got a schedule of another optimizer, needs"
    ):
        trainer(lambda o: StepLR(other, 1))
    with pytest.raises(ValueError, match=r"^Trainer: lr_scheduler: got ReduceLROnPlateau, needs .*='epoch'"):
        trainer(ReduceLROnPlateau, "step")
    with pytest.raises(
        AttributeError, match=r"^Trainer: lr_scheduler: got None, needs to stay as it was made"
    ):
        trainer(lambda o: StepLR(o, 1)).lr_scheduler = None
