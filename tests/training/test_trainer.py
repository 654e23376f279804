import math
from itertools import chain

import numpy as np
import pytest

import fastconv
from fastconv import data, nn, optim
from fastconv.training.callbacks import Callback, TerminateOnNaN
from fastconv.training.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3)).astype(np.float32)
Y = (X[:, 0] > X[:, 1]).astype(np.int64)


def trainer(loss=None, outputs=2, seed=0, momentum=0.9, dropout=0.0, lr=0.1, **arguments):
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, outputs), seed=seed)
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    return Trainer(model, loss or nn.CrossEntropyLoss(), optimizer, **arguments)


def fit(subject, *data, **arguments):
    return subject.fit(*(data or (X, Y)), progress=False, **arguments)


def same_parameters(a, b):
    a, b = a.model.parameters(), b.model.parameters()
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.usefixtures("compiled")
class TestStep:
    def test_a_step_is_forward_loss_backward_update(self):
        subject = trainer()
        model, loss = subject.model, nn.CrossEntropyLoss()
        expected = model.state_dict()
        y, backward = model.forward(X)
        value, loss_backward = loss.forward(y, Y)
        gradients = backward(loss_backward())[1]
        optim.SGD(expected, lr=0.1, momentum=0.9).step(gradients)

        assert subject.step(X, Y) == value
        assert all(np.array_equal(array, expected[name]) for name, array in model.parameters().items())

    def test_a_step_is_free_to_take_any_batch_size(self):
        subject = trainer()
        assert all(type(subject.step(X[:n], Y[:n])) is float for n in (1, 23, 7))

    @pytest.mark.parametrize(
        ("x", "message"), [(X.astype(np.float64), "got float64, needs float32"), (Y, "got int64")]
    )
    def test_a_wrong_dtype_is_told(self, x, message):
        with pytest.raises(TypeError, match=f"step: x: {message}"):
            trainer().step(x, Y)

    def test_a_batch_without_samples_is_no_update(self):
        subject = trainer()
        with pytest.raises(ValueError, match=r"^step: x: got 0 samples, needs at least 1$"):
            subject.step(X[:0], Y[:0])
        assert same_parameters(subject, trainer())

    def test_clip_norm_bounds_the_whole_gradient(self):
        def moved(**arguments):
            subject = trainer(momentum=0.0, **arguments)
            before = subject.model.state_dict()
            subject.step(100 * X, Y)
            return math.sqrt(
                sum(np.sum((a - before[n]) ** 2.0) for n, a in subject.model.parameters().items())
            )

        assert moved() > 0.1 * 0.5
        assert moved(clip_norm=0.5) == pytest.approx(0.1 * 0.5, rel=1e-5)
        assert moved(clip_norm=1e9) == moved()


class TestFit:
    @pytest.mark.parametrize("backend", ["numba", "reference"])
    def test_a_small_network_learns_the_digits(self, backend):
        digits = data.digits()
        model = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 10),
            seed=0,
        )
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01))
        with fastconv.backend(backend):
            history = fit(
                subject, *digits.train, epochs=4, batch_size=64, validation_data=digits.test
            ).history
            final = subject.evaluate(*digits.test)
            predicted = model.predict(digits.test[0]).argmax(axis=1)
        assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
        assert [len(values) for values in history.values()] == [4] * 4
        assert history["loss"][-1] < history["loss"][0]
        assert final["accuracy"] > 0.93
        assert final == {"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]}
        assert (predicted == digits.test[1]).mean() == pytest.approx(final["accuracy"], rel=1e-12)

    def test_the_history_is_the_mean_over_all_samples_of_the_epoch(self):
        subject, twin = trainer(), trainer()
        history = fit(subject, batch_size=10, shuffle=False)
        parts = [slice(0, 10), slice(10, 20), slice(20, 23)]
        total = right = 0
        for part in parts:
            right += (twin.model(X[part]).argmax(axis=1) == Y[part]).sum()
            total += twin.step(X[part], Y[part]) * len(X[part])
        assert history.history["loss"] == [pytest.approx(total / 23, rel=1e-12)]
        assert history.history["accuracy"] == [right / 23]
        assert same_parameters(subject, twin)

    def test_every_sample_is_seen_once_an_epoch_in_a_new_order(self):
        seen = []

        class Watched(nn.Identity):
            def forward(self, x, training=True):
                if training:
                    seen.append(x[:, 0].tolist())
                return super().forward(x, training)

        model = nn.Sequential(Watched(), nn.Linear(3, 2), seed=0)
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
        fit(subject, epochs=2, batch_size=10)
        assert [len(batch) for batch in seen] == [10, 10, 3] * 2
        first, second = (list(chain.from_iterable(half)) for half in (seen[:3], seen[3:]))
        assert sorted(first) == sorted(second) == sorted(X[:, 0].tolist())
        assert first != second != X[:, 0].tolist() != first
        seen.clear()
        fit(subject, shuffle=False, batch_size=23)
        assert seen == [X[:, 0].tolist()]

    def test_inputs_and_targets_stay_together(self):
        # With the label in the input, one layer without a mix-up learns it perfectly.
        x = np.stack([Y, 1 - Y, RNG.normal(size=23)], axis=1).astype(np.float32)
        subject = trainer()
        assert fit(subject, x, Y, epochs=30, batch_size=5).history["accuracy"][-1] == 1.0

    @pytest.mark.usefixtures("compiled")
    def test_the_same_seed_gives_the_same_bits(self):
        a, b, other = trainer(dropout=0.3), trainer(dropout=0.3), trainer(dropout=0.3)
        histories = [fit(a, epochs=3, seed=7), fit(b, epochs=3, seed=7), fit(other, epochs=3, seed=8)]
        assert histories[0].history == histories[1].history != histories[2].history
        assert same_parameters(a, b)
        assert not same_parameters(a, other)

    def test_two_and_two_epochs_are_four(self):
        a, b = trainer(dropout=0.3), trainer(dropout=0.3)
        whole = fit(a, epochs=4).history["loss"]
        assert fit(b, epochs=2).history["loss"] + fit(b, epochs=2).history["loss"] == whole
        assert same_parameters(a, b)
        assert b.epochs == 4

    def test_no_epochs_change_nothing(self):
        subject, untouched = trainer(), trainer()
        assert fit(subject, epochs=0).history == {}
        assert same_parameters(subject, untouched)

    def test_float64_models_train_on_float64(self):
        model = nn.Linear(3, 2, dtype=np.float64, seed=0)
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()))
        fit(subject, X.astype(np.float64), Y)
        assert model.weight.dtype == np.float64

    def test_an_interruption_keeps_the_history(self):
        class Interrupt(Callback):
            def on_epoch_begin(self, trainer, epoch):
                if epoch == 2:
                    raise KeyboardInterrupt

        subject = trainer()
        with pytest.raises(KeyboardInterrupt):
            fit(subject, epochs=5, callbacks=[Interrupt()])
        assert subject.history.epoch == [0, 1]
        assert fit(subject).epoch == [0]

    def test_a_loss_that_is_no_number_warns_once(self):
        x = X.copy()
        x[0, 0] = np.nan
        with pytest.warns(
            RuntimeWarning, match="the loss is nan in epoch 1, batch 1; .*TerminateOnNaN"
        ) as warned:
            history = fit(trainer(), x, Y, epochs=3, batch_size=23)
        assert len(warned) == 1
        assert len(history.epoch) == 3


NO_LABELS = np.full(23, -100)


class TestNothingToLearnFrom:
    """Batches in which nothing counts for the loss: their gradient is 0."""

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"sample_weight": np.ones(23)},
            {"sample_weight": np.zeros(23)},
            {"class_weight": {0: 2.0}},
            {"class_weight": {0: 0.0, 1: 0.0}},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW])
    @pytest.mark.parametrize("clip_norm", [None, 1.0])
    def test_the_parameters_survive(self, arguments, kind, clip_norm):
        model = nn.Linear(3, 2, seed=0)
        subject = Trainer(model, nn.CrossEntropyLoss(), kind(model.parameters(), lr=0.1), clip_norm=clip_norm)
        before = model.state_dict()
        subject.optimizer.weight_decay = 0.0
        history = fit(subject, X, NO_LABELS, callbacks=[TerminateOnNaN()], epochs=2, **arguments)
        assert all(np.array_equal(array, before[name]) for name, array in model.parameters().items())
        assert history.epoch == [0, 1]
        assert all(math.isnan(value) for value in history["loss"] + history["accuracy"])
        assert math.isnan(subject.evaluate(X, NO_LABELS)["loss"])
        assert math.isnan(subject.step(X, NO_LABELS))

    @pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), nn.CrossEntropyLoss(weight=[1.0, 0.0])], ids=str)
    def test_one_such_batch_is_as_none(self, loss):
        def without_momentum():
            model = nn.Linear(3, 2, seed=0)
            return Trainer(model, loss, optim.SGD(model.parameters(), lr=0.1))

        empty = NO_LABELS if loss.weight is None else np.ones(23, np.int64)
        a, b = without_momentum(), without_momentum()
        weights = np.ones(23)
        with_it = fit(a, [(X, Y, weights), (X, empty, weights), (X, empty), (X, 1 - Y, weights)])
        without = fit(b, [(X, Y, weights), (X, 1 - Y, weights)])
        assert same_parameters(a, b)
        assert with_it["loss"] == without["loss"]


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "error", "message"),
        [
            ("clip_norm", -1, ValueError, "Trainer: clip_norm: got -1, needs a number from 0 to inf"),
            ("clip_norm", "1", TypeError, "Trainer: clip_norm: got '1', needs a number"),
            ("callbacks", None, TypeError, "Trainer: callbacks: got None, needs a list of callbacks"),
            ("callbacks", [TerminateOnNaN], TypeError, "Trainer: callbacks: got the class TerminateOnNaN"),
            ("epochs", -1, ValueError, "Trainer: epochs: got -1"),
            ("stop_training", "now", TypeError, "Trainer: stop_training: got 'now', needs True or False"),
            ("history", [], TypeError, "Trainer: history: got list, needs a History"),
            ("model", nn.Linear(3, 2), AttributeError, "Trainer: model: .* make a new Trainer"),
            ("loss", nn.MSELoss(), AttributeError, "Trainer: loss: .* make a new Trainer"),
            ("optimizer", None, AttributeError, "Trainer: optimizer: .* make a new Trainer"),
            ("metrics", {}, AttributeError, "Trainer: metrics: .* make a new Trainer"),
            ("lr", 1, AttributeError, "Trainer: lr: there is no such setting, needs one of callbacks, clip"),
        ],
    )
    def test_wrong_values_are_refused(self, name, value, error, message):
        subject = trainer(clip_norm=2.0)
        with pytest.raises(error, match=message):
            setattr(subject, name, value)
        assert subject.clip_norm == 2.0

    def test_others_hold_from_then_on(self):
        ended = []

        class Watching(Callback):
            def on_fit_end(self, trainer):
                self.anything = True  # a callback of one's own sets what it likes
                ended.append(trainer)

        subject, same = trainer(), trainer(clip_norm=0.5)
        subject.callbacks, subject.clip_norm = [Watching()], 0.5
        fit(subject)
        fit(same)
        assert ended == [subject]
        assert same_parameters(subject, same)

    @pytest.mark.parametrize("inner", [False, True], ids=["alone", "in a Sequential"])
    def test_a_gradient_of_no_parameter_is_named(self, inner):
        class Misnamed(nn.Linear):
            def forward(self, x, training=True):
                y, backward = super().forward(x, training)

                def renamed(dy, input_gradient=True):
                    dx, gradients = backward(dy, input_gradient)
                    return dx, {**gradients, "wieght": gradients["weight"]}

                return y, renamed

        model = nn.Sequential(Misnamed(3, 2, seed=0)) if inner else Misnamed(3, 2, seed=0)
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
        before = model.state_dict()
        name = "0.wieght" if inner else "wieght"
        with pytest.raises(ValueError, match=f"got {name}, which is not among the model's parameters"):
            subject.step(X, Y)
        assert all(np.array_equal(array, before[n]) for n, array in model.parameters().items())

    def test_an_optimizer_of_a_part_leaves_the_other_gradients_alone(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), seed=0)
        part = {name: array for name, array in model.parameters().items() if name.startswith("1.")}
        before = model.state_dict()
        Trainer(model, nn.CrossEntropyLoss(), optim.SGD(part, lr=0.1)).step(X, Y)
        moved = [n for n, array in model.parameters().items() if not np.array_equal(array, before[n])]
        assert moved == ["1.weight", "1.bias"]


class TestLosses:
    def test_binary_targets(self):
        y = Y[:, None].astype(np.float32)
        subject = trainer(nn.BCEWithLogitsLoss(), outputs=1)
        history = fit(subject, X, y, epochs=40, batch_size=8).history
        assert history["accuracy"][-1] > 0.9
        assert subject.evaluate(X, y)["accuracy"] == ((subject.predict(X) > 0) == (y > 0)).mean()

    def test_a_regression_has_no_accuracy(self):
        subject = trainer(nn.MSELoss(), outputs=1, lr=0.003)
        y = (X @ np.array([[1.0], [2.0], [3.0]])).astype(np.float32)
        history = fit(subject, X, y, epochs=40, batch_size=8).history
        assert list(history) == ["loss"]
        assert history["loss"][-1] < 0.1 * history["loss"][0]

    def test_metrics_of_ones_own(self):
        def error(output, target):
            return np.abs(output - target)

        y = X[:, :1].copy()
        subject = trainer(nn.MSELoss(), outputs=1, metrics=[error])
        assert subject.evaluate(X, y)["error"] == pytest.approx(
            np.abs(subject.predict(X) - y).mean(), rel=1e-5
        )
        assert list(trainer(metrics=()).evaluate(X, Y)) == ["loss"]


def make(model=None, loss=None, optimizer=None):
    model = nn.Linear(3, 2) if model is None else model
    return Trainer(
        model,
        nn.CrossEntropyLoss() if loss is None else loss,
        optim.SGD(nn.Linear(3, 2).parameters(), lr=0.1) if optimizer is None else optimizer,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": nn.ReLU}, r"Trainer: model: got the class ReLU, needs a Layer: ReLU\(...\) would fit"),
        ({"model": [nn.ReLU()]}, "Trainer: model: got list, needs a Layer"),
        (
            {"loss": nn.MSELoss},
            r"Trainer: loss: got the class MSELoss, needs a Loss: MSELoss\(...\) would fit",
        ),
        ({"loss": "mse"}, "Trainer: loss: got str, needs a Loss"),
        ({"optimizer": optim.SGD}, "Trainer: optimizer: got the class SGD, needs a Optimizer"),
    ],
)
def test_the_parts_of_a_trainer_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        make(**arguments)


@pytest.mark.parametrize(("name", "value"), [("shuffle", "batch"), ("progress", "a"), ("progress", 1)])
def test_the_flags_of_a_fit_are_checked(name, value):
    with pytest.raises(TypeError, match=f"^fit: {name}: got {value!r}, needs True or False$"):
        trainer().fit(X, Y, **{name: value})


def test_the_optimizer_must_hold_the_models_own_arrays():
    with pytest.raises(
        ValueError, match=r"Trainer: optimizer: got parameters that are not this model's \(weight\)"
    ):
        make()


def test_a_state_dict_is_a_copy_that_another_trainer_takes_over():
    first, second = trainer(clip_norm=2.0), trainer()
    first.fit(X, Y, epochs=2, progress=False)
    state = first.state_dict()
    first.fit(X, Y, epochs=1, progress=False)
    second.load_state_dict(state)
    assert (second.epochs, second.clip_norm, second.history.epoch) == (2, 2.0, [0, 1])
    assert second.state_dict() == state
