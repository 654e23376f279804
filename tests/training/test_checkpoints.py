"""A resumed training ends with the same bits as one that was never stopped."""

import json

import numpy as np
import pytest

import fastconv
from fastconv import nn, optim
from fastconv.interop import safetensors
from fastconv.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from fastconv.training import checkpoints
from fastconv.training.callbacks import Callback, EarlyStopping
from fastconv.training.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(37, 1, 6, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 37)

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.05),
    "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=0.01, betas=(0.8, 0.99)),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.003, momentum=0.5, centered=True),
    "groups": lambda p: optim.AdamW(
        [{"params": {n: p[n] for n in list(p)[:2]}, "lr": 0.003}, {"params": {n: p[n] for n in list(p)[2:]}}],
        lr=0.01,
    ),
}
SCHEDULES = {
    "epochs": (lambda o: StepLR(o, 2, 0.5), "epoch"),
    "steps": (lambda o: CosineAnnealingLR(o, 15), "step"),
    "a cycle": (lambda o: OneCycleLR(o, 0.02, epochs=4, steps_per_epoch=4), "step"),
    "a plateau": (lambda o: ReduceLROnPlateau(o, patience=0, threshold=0.5), "epoch"),
    "a sequence": (
        lambda o: SequentialLR(o, [LinearLR(o, total_iters=3), ExponentialLR(o, 0.9)], [3]),
        "step",
    ),
}


def trainer(optimizer="Adam", schedule=None, **arguments):
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.4),
        nn.Linear(16, 3),
        seed=0,
    )
    loss = nn.CrossEntropyLoss(weight=np.array([1, 2, 0.3], np.float32), label_smoothing=0.1)
    rule = OPTIMIZERS[optimizer](model.parameters())
    if schedule:
        make, interval = SCHEDULES[schedule]
        arguments |= {"lr_scheduler": make(rule), "lr_scheduler_interval": interval}
    return Trainer(model, loss, rule, clip_norm=2.0, **arguments)


def fit(subject, epochs, callbacks=()):
    return subject.fit(
        X, Y, batch_size=8, epochs=epochs, validation_split=0.2, callbacks=callbacks, progress=False
    )


def same_state(a, b):
    assert a.epochs == b.epochs
    for name, array in a.model.parameters().items():
        assert np.array_equal(array, b.model.parameters()[name]), name
    ours, theirs = a.optimizer.state_dict(), b.optimizer.state_dict()
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        if isinstance(value, dict):
            assert all(np.array_equal(value[name], theirs[key][name]) for name in value), key
        else:
            assert value == theirs[key], key


@pytest.mark.parametrize("backend", ["numba", "reference"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resumed_between_two_fits(optimizer, backend, tmp_path):
    with fastconv.backend(backend):
        whole, first = trainer(optimizer), trainer(optimizer)
        history = fit(whole, 4).history["loss"]
        begun = fit(first, 2).history
        first.save(tmp_path / "run.safetensors")
        resumed = Trainer.resume(tmp_path / "run.safetensors")
        assert resumed.history.history == begun
        rest = fit(resumed, 2)
    assert begun["loss"] + rest.history["loss"] == history
    same_state(whole, resumed)


@pytest.mark.parametrize("optimizer", ["momentum", "groups"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_are_resumed_inside_a_fit_and_between_two(schedule, optimizer, tmp_path):
    path = tmp_path / "run.safetensors"
    whole, dying = (trainer(optimizer, schedule) for _ in range(2))
    history = fit(whole, 4)
    with pytest.raises(RuntimeError, match="died"):
        fit(dying, 4, [SaveAndFail(path, 1)])
    resumed = Trainer.resume(path)
    assert resumed.optimizer.lr == dying.optimizer.lr
    assert fit(resumed, 4).history == history.history
    same_state(whole, resumed)
    assert resumed.lr_scheduler.state_dict() == whole.lr_scheduler.state_dict()
    first = trainer(optimizer, schedule)
    begun = fit(first, 2)["loss"]
    first.save(path)
    between = Trainer.resume(path)
    assert begun + fit(between, 2)["loss"] == history["loss"]
    same_state(whole, between)
    assert between.lr_scheduler_interval == whole.lr_scheduler_interval


def test_a_training_of_an_older_version_goes_on(tmp_path):
    """It has one group, whose settings stand beside the buffers, and no schedule."""
    path = tmp_path / "run.safetensors"
    whole, first = trainer(), trainer()
    fit(whole, 3)
    fit(first, 2)
    first.save(path)
    content, tensors = safetensors.read(path)
    state = content["trainer"]["optimizer"]["state"]
    (group,) = state.pop("param_groups")
    names = group.pop("params")
    state |= {**group, "steps": state["steps"][names[0]]}
    content["trainer"]["optimizer"]["parameters"] = names
    del content["trainer"]["lr_scheduler"], content["trainer"]["lr_scheduler_interval"]
    safetensors.write(path, content, tensors)
    resumed = Trainer.resume(path)
    fit(resumed, 1)
    same_state(whole, resumed)


@pytest.mark.parametrize("optimizer", ["Adam", "momentum", "RMSprop"])
def test_parameters_that_were_frozen_have_steps_and_buffers_of_their_own(optimizer, tmp_path):
    def half(subject):
        subject.model.freeze("0")
        fit(subject, 2)
        subject.model.unfreeze()
        return subject

    path = tmp_path / "run.safetensors"
    whole, first = half(trainer(optimizer)), half(trainer(optimizer))
    start = trainer(optimizer).model.parameters()["0.weight"]
    assert np.array_equal(first.model.parameters()["0.weight"], start)
    steps = first.optimizer.state_dict()["steps"]
    assert (steps["0.weight"], steps["5.weight"]) == (0, 8)
    first.save(path)
    resumed = Trainer.resume(path)
    fit(whole, 2)
    fit(resumed, 2)
    same_state(whole, resumed)
    assert resumed.optimizer.state_dict()["steps"]["0.weight"] == 8


class SaveAndFail(Callback):
    """Saves after an epoch, and then the training dies."""

    def __init__(self, path, epoch):
        self.path, self.epoch = path, epoch

    def on_epoch_end(self, trainer, epoch, logs):
        if epoch == self.epoch:
            trainer.save(self.path)
            raise RuntimeError("died")


def test_resumed_inside_a_fit(tmp_path):
    path = tmp_path / "run.safetensors"
    whole, dying = trainer(), trainer()
    stopping, resumed_stopping = EarlyStopping(patience=2), EarlyStopping(patience=2)
    history = fit(whole, 9, [stopping])
    with pytest.raises(RuntimeError, match="died"):
        fit(dying, 9, [EarlyStopping(patience=2), SaveAndFail(path, 3)])
    resumed = Trainer.resume(path)
    rest = fit(resumed, 9, [resumed_stopping])
    assert rest.history == history.history
    assert rest.epoch == history.epoch
    same_state(whole, resumed)
    assert resumed_stopping.best == stopping.best
    assert resumed_stopping.best_epoch == stopping.best_epoch
    # The fit is complete now: the next one is a fit of its own.
    assert len(fit(resumed, 1).epoch) == 1


def test_a_fit_that_had_stopped_stays_stopped(tmp_path):
    class StopAndSave(Callback):
        def on_epoch_end(self, trainer, epoch, logs):
            trainer.stop_training = True
            trainer.save(tmp_path / "run.safetensors")

    stopped = trainer()
    fit(stopped, 3, [StopAndSave()])
    resumed = Trainer.resume(tmp_path / "run.safetensors")
    assert fit(resumed, 3).epoch == [0]
    same_state(stopped, resumed)


def test_a_callback_that_is_missing_is_told(tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(RuntimeError, match="died"):
        fit(trainer(), 3, [EarlyStopping(), SaveAndFail(path, 0)])
    with pytest.warns(UserWarning, match="saved with a EarlyStopping, which this fit lacks"):
        fit(Trainer.resume(path), 3)


def test_everything_else_comes_back(tmp_path):
    subject = trainer()
    subject.optimizer.lr = 0.125
    fit(subject, 1)
    subject.save(tmp_path / "run.safetensors")
    resumed = Trainer.resume(tmp_path / "run.safetensors")
    assert repr(resumed.model) == repr(subject.model)
    assert repr(resumed.loss) == repr(subject.loss)
    assert repr(resumed.optimizer) == repr(subject.optimizer)
    assert resumed.clip_norm == 2.0
    assert list(resumed.metrics) == ["accuracy"]
    assert resumed.epochs == 1


def test_an_optimizer_of_a_part_comes_back_as_such(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), seed=0)
    part = {name: array for name, array in model.parameters().items() if name.startswith("1.")}
    Trainer(model, nn.MSELoss(), optim.Adam(part)).save(tmp_path / "run.safetensors")
    assert list(Trainer.resume(tmp_path / "run.safetensors").optimizer.parameters) == ["1.weight", "1.bias"]


def test_metrics_of_ones_own_are_given_again(tmp_path):
    def error(output, target):
        return 0.0

    trainer(metrics=[error]).save(tmp_path / "run.safetensors")
    with pytest.raises(
        ValueError, match=r"run.safetensors: .*metrics of its own, \['error'\]: give them as metrics="
    ):
        Trainer.resume(tmp_path / "run.safetensors")
    assert list(Trainer.resume(tmp_path / "run.safetensors", metrics=[error]).metrics) == ["error"]


@pytest.mark.parametrize(
    "metrics",
    [["accuracy"], {"share": "accuracy", "f": "f1"}, iter(["top_1_accuracy"]), []],
    ids=["list", "dict", "iterator", "none"],
)
def test_metrics_given_by_name_come_back(metrics, tmp_path):
    subject = trainer(metrics=metrics)
    subject.save(tmp_path / "run.safetensors")
    resumed = Trainer.resume(tmp_path / "run.safetensors")
    assert list(resumed.metrics) == list(subject.metrics)
    assert resumed.evaluate(X, Y) == subject.evaluate(X, Y)
    resumed.save(tmp_path / "again.safetensors")
    assert list(Trainer.resume(tmp_path / "again.safetensors").metrics) == list(subject.metrics)


def test_metrics_by_name_are_given_again_beside_those_of_ones_own(tmp_path):
    def error(output, target):
        return 0.0

    trainer(metrics=["f1", error]).save(tmp_path / "run.safetensors")
    with pytest.raises(ValueError, match=r"of its own, \['error'\] beside \['f1'\]: give them as metrics="):
        Trainer.resume(tmp_path / "run.safetensors")


def test_the_model_in_a_training_can_be_loaded_alone(tmp_path):
    subject = trainer()
    fit(subject, 1)
    subject.save(tmp_path / "run.safetensors")
    model = fastconv.load(tmp_path / "run.safetensors")
    assert np.array_equal(model(X), subject.model(X))


def test_a_model_alone_is_no_training(tmp_path):
    trainer().model.save(tmp_path / "model.safetensors")
    with pytest.raises(
        ValueError, match=r"model.safetensors: holds a model without its training; fastconv.load"
    ):
        Trainer.resume(tmp_path / "model.safetensors")
    with pytest.raises(FileNotFoundError):
        Trainer.resume(tmp_path / "nothing.safetensors")


def test_code_of_ones_own_cannot_be_saved(tmp_path):
    class Mine(nn.MSELoss):
        pass

    model = nn.Linear(2, 2)
    subject = Trainer(model, Mine(), optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="save: loss: got 'Mine', needs one of fastconv's"):
        subject.save(tmp_path / "run.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"loss": {"class": "Layer"}},
        {"loss": {"class": "MSELoss", "surprise": 1}},
        {"optimizer": {"class": "clip", "parameters": [], "state": {}}},
        {"optimizer": {"class": "Optimizer", "parameters": [], "state": {}}},
        {"optimizer": None},
        {"lr_scheduler": {"class": "clip"}},
        {"lr_scheduler": {"class": "StepLR", "step_size": 0, "state": {}}},
        {"lr_scheduler": {"class": "StepLR", "step_size": 1, "state": {}}},
        {"lr_scheduler_interval": "batch"},
        {"history": None},
        {"generators": {}},
        {"generators": {"4.rng": {"bit_generator": "MT19937"}}},
        {"epochs": None},
    ],
    ids=str,
)
def test_a_description_that_makes_no_sense_is_told(change, tmp_path):
    path = tmp_path / "run.safetensors"
    trainer().save(path)
    content, tensors = safetensors.read(path)
    content["trainer"].update(change)
    safetensors.write(path, content, tensors)
    with pytest.raises(ValueError, match=r"run.safetensors: holds no training that fits: [^\n]+$"):
        Trainer.resume(path)


def test_nested_values_are_taken_apart_and_put_together():
    a, b = np.zeros(2), np.ones(3)
    value = {"numbers": [1, 2.5, None, "text"], "arrays": {"a": a, "list": [b]}}
    tensors = {}
    plain = checkpoints.split(value, "trainer", tensors)
    assert json.loads(json.dumps(plain)) == plain
    assert tensors == {"trainer.arrays.a": a, "trainer.arrays.list.0": b}
    assert checkpoints.join(plain, tensors) == value
