import math

import numpy as np
import pytest

import fastconv
from fastconv import data, nn, optim
from fastconv.callbacks import Callback
from fastconv.training import History, Trainer

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

    @pytest.mark.parametrize(("x", "message"), [(X.astype(np.float64), "got float64, needs float32"), (Y, "got int64")])
    def test_a_wrong_dtype_is_told(self, x, message):
        with pytest.raises(TypeError, match=f"step: x: {message}"):
            trainer().step(x, Y)

    def test_clip_norm_bounds_the_whole_gradient(self):
        def moved(**arguments):
            subject = trainer(momentum=0.0, **arguments)
            before = subject.model.state_dict()
            subject.step(100 * X, Y)
            return math.sqrt(sum(np.sum((a - before[n]) ** 2.0) for n, a in subject.model.parameters().items()))

        assert moved() > 0.1 * 0.5
        assert moved(clip_norm=0.5) == pytest.approx(0.1 * 0.5, rel=1e-5)
        assert moved(clip_norm=1e9) == moved()


class TestFit:
    @pytest.mark.parametrize("backend", ["numba", "reference"])
    def test_a_small_network_learns_the_digits(self, backend):
        digits = data.digits()
        model = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10), seed=0
        )
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01))
        with fastconv.backend(backend):
            history = fit(subject, *digits.train, epochs=4, batch_size=64, validation_data=digits.test).history
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
                seen.append(x[:, 0].tolist())
                return super().forward(x, training)

        model = nn.Sequential(Watched(), nn.Linear(3, 2), seed=0)
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
        fit(subject, epochs=2, batch_size=10)
        assert [len(batch) for batch in seen] == [10, 10, 3] * 2
        first, second = sum(seen[:3], []), sum(seen[3:], [])
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
        with pytest.warns(RuntimeWarning, match="the loss is nan in epoch 1, batch 1; .*TerminateOnNaN") as warned:
            history = fit(trainer(), x, Y, epochs=3, batch_size=23)
        assert len(warned) == 1
        assert len(history.epoch) == 3


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
        assert subject.evaluate(X, y)["error"] == pytest.approx(np.abs(subject.predict(X) - y).mean(), rel=1e-5)
        assert list(trainer(metrics=()).evaluate(X, Y)) == ["loss"]


class TestWeights:
    def test_sample_weights_multiply_each_samples_loss(self):
        weight = RNG.random(23)
        subject, twin = trainer(), trainer()
        fit(subject, sample_weight=weight, batch_size=23, shuffle=False)
        y, backward = twin.model.forward(X)
        value, loss_backward = nn.CrossEntropyLoss().forward(y, Y, weight)
        twin.optimizer.step(backward(loss_backward())[1])
        assert same_parameters(subject, twin)
        assert subject.history.history["loss"] == [value]

    def test_class_weights_are_sample_weights_by_class(self):
        a, b = trainer(), trainer()
        fit(a, class_weight={0: 0.5, 1: 2.0}, epochs=2)
        fit(b, sample_weight=np.where(Y == 0, 0.5, 2.0), epochs=2)
        assert same_parameters(a, b)
        both = trainer()
        fit(both, class_weight={1: 4.0}, sample_weight=np.full(23, 0.5), epochs=2)
        assert same_parameters(a, both)

    @pytest.mark.parametrize(
        "y", [np.eye(2, dtype=np.float32)[Y], Y[:, None].astype(np.float32)], ids=["probabilities", "binary"]
    )
    def test_class_weights_of_other_targets(self, y):
        loss, outputs = (nn.CrossEntropyLoss(), 2) if y.shape[1] == 2 else (nn.BCEWithLogitsLoss(), 1)
        a, b = trainer(loss, outputs), trainer(loss, outputs)
        fit(a, X, y, class_weight={1: 3.0})
        fit(b, X, y, sample_weight=np.where(Y == 1, 3.0, 1.0))
        assert same_parameters(a, b)

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"sample_weight": np.ones(3)}, ValueError, r"fit: sample_weight: got shape \(3,\), needs \(23,\)"),
            ({"sample_weight": -np.ones(23)}, ValueError, "got a negative or infinite one"),
            ({"class_weight": {0: math.nan}}, ValueError, "got a negative or infinite one"),
            ({"class_weight": [1.0, 2.0]}, TypeError, "fit: class_weight: got list, needs a dict"),
        ],
    )
    def test_weights_are_checked(self, arguments, error, message):
        with pytest.raises(error, match=message):
            fit(trainer(), **arguments)


class TestValidation:
    def test_a_split_keeps_the_last_samples(self):
        a, b = trainer(), trainer()
        split = fit(a, validation_split=0.25, epochs=2, class_weight={0: 5.0})
        given = fit(b, X[:17], Y[:17], validation_data=(X[17:], Y[17:]), epochs=2, class_weight={0: 5.0})
        assert split.history == given.history
        assert same_parameters(a, b)
        # Class weights are for training: the validation is that of evaluate.
        assert split.history["val_loss"][-1] == a.evaluate(X[17:], Y[17:])["loss"]

    def test_sample_weights_of_the_validation(self):
        weight = RNG.random(23)
        a, b = trainer(), trainer()
        split = fit(a, validation_split=0.25, sample_weight=weight)
        triple = (X[17:], Y[17:], weight[17:])
        given = fit(b, X[:17], Y[:17], validation_data=triple, sample_weight=weight[:17])
        assert split.history == given.history

    def test_validation_trains_nothing_and_draws_nothing(self):
        a, b = trainer(dropout=0.3), trainer(dropout=0.3)
        fit(a, epochs=2)
        fit(b, epochs=2, validation_data=(X, Y))
        assert same_parameters(a, b)

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"validation_split": 1.0}, ValueError, "validation_split: got 1.0 of 23 samples, needs at least one"),
            ({"validation_split": 0.01}, ValueError, "validation_split: got 0.01 of 23 samples"),
            ({"validation_split": -0.5}, ValueError, "fit: validation_split: got -0.5"),
            ({"validation_split": 0.5, "validation_data": (X, Y)}, ValueError, "beside validation_data"),
            ({"validation_data": X}, TypeError, "fit: validation_data: got ndarray, needs"),
            ({"validation_data": (X, Y[:3])}, ValueError, "fit: validation_data: y: got 3 samples, needs 23"),
            ({"validation_data": (X[:, :2], Y)}, ValueError, r"0 \(Linear\): got 2 features, needs 3"),
            ({"validation_data": (X.astype(np.float64), Y)}, TypeError, "fit: validation_data: x: got float64"),
        ],
    )
    def test_it_is_checked_before_the_first_step(self, arguments, error, message):
        subject, untouched = trainer(), trainer()
        with pytest.raises(error, match=message):
            fit(subject, **arguments)
        assert same_parameters(subject, untouched)


class TestBatches:
    PARTS = (slice(0, 10), slice(10, 20), slice(20, 23))

    def test_an_iterable_of_batches_is_the_same_training(self):
        a, b = trainer(), trainer()
        arrays = fit(a, batch_size=10, shuffle=False, epochs=2, validation_data=(X, Y))
        batches = fit(b, [(X[p], Y[p]) for p in self.PARTS], epochs=2, validation_data=(X, Y))
        assert arrays.history == batches.history
        assert same_parameters(a, b)
        assert b.evaluate([(X[p], Y[p]) for p in self.PARTS]) == b.evaluate(X, Y, batch_size=10)

    def test_batches_may_carry_weights(self):
        weight = RNG.random(23)
        a, b = trainer(), trainer()
        fit(a, batch_size=10, shuffle=False, sample_weight=weight, class_weight={1: 2.0})
        fit(b, ((X[p], Y[p], weight[p]) for p in self.PARTS), class_weight={1: 2.0})
        assert same_parameters(a, b)

    @pytest.mark.parametrize(
        ("batches", "arguments", "error", "message"),
        [
            (iter([(X, Y)]), {"epochs": 2}, ValueError, "fit: x: got an iterator, which ends after one epoch"),
            ([], {}, ValueError, "fit: x: got no batches"),
            ([X], {}, TypeError, r"fit: batch: got an array of shape \(23, 3\), needs \(x, y\)"),
            ([(X, Y[:2])], {}, ValueError, "fit: y: got 2 samples, needs 23"),
            ([(X.tolist(), Y)], {}, TypeError, "fit: x: got list, needs a numpy array"),
            ([(X, Y)], {"sample_weight": np.ones(23)}, ValueError, "fit: sample_weight: got it with batches"),
            ([(X, Y)], {"validation_split": 0.5}, ValueError, "fit: validation_split: got it with batches"),
        ],
    )
    def test_what_is_no_batch_is_told(self, batches, arguments, error, message):
        with pytest.raises(error, match=message):
            fit(trainer(), batches, **arguments)


@pytest.mark.parametrize(
    ("x", "y", "arguments", "error", "message"),
    [
        (X, Y[:5], {}, ValueError, "fit: y: got 5 samples, needs 23, as many as x has"),
        (X[:0], Y[:0], {}, ValueError, "fit: x: got 0 samples, needs at least 1"),
        (X, None, {}, TypeError, "fit: y: got NoneType, needs a numpy array of samples"),
        (X, Y.tolist(), {}, TypeError, "fit: y: got list"),
        (None, Y, {}, TypeError, "fit: x: got NoneType"),
        (X.astype(np.uint8), Y, {}, TypeError, r"fit: x: got uint8, needs float32 .*astype\(np.float32\) / 255"),
        (Y[:, None], Y, {}, TypeError, r"fit: x: got int64, needs float32 .*x.astype\(np.float32\) would fit"),
        (X.astype(np.float64), Y, {}, TypeError, "fit: x: got float64, needs float32 as the model's parameters"),
        (X, np.eye(2)[Y], {}, TypeError, "fit: y: got float64, needs float32"),
        (X, Y, {"batch_size": 0}, ValueError, "fit: batch_size: got 0"),
        (X, Y, {"batch_size": 2.0}, TypeError, "fit: batch_size: got 2.0"),
        (X, Y, {"epochs": -1}, ValueError, "fit: epochs: got -1"),
        (X, Y + 1, {"shuffle": False}, ValueError, "cross_entropy: target: got 2 at index"),
        (X[:, :2].copy(), Y, {}, ValueError, r"0 \(Linear\): got 2 features, needs 3; Linear\(2, 8\) would fit"),
    ],
)
def test_data_that_does_not_fit_is_told(x, y, arguments, error, message):
    with pytest.raises(error, match=message):
        fit(trainer(), x, y, **arguments)


def test_byte_swapped_data_is_welcome():
    swapped = X.astype(X.dtype.newbyteorder())
    a, b = trainer(), trainer()
    assert fit(a, swapped, Y).history == fit(b).history


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
        ({"loss": nn.MSELoss}, r"Trainer: loss: got the class MSELoss, needs a Loss: MSELoss\(...\) would fit"),
        ({"loss": "mse"}, "Trainer: loss: got str, needs a Loss"),
        ({"optimizer": optim.SGD}, "Trainer: optimizer: got the class SGD, needs a Optimizer"),
    ],
)
def test_the_parts_of_a_trainer_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        make(**arguments)


def test_the_optimizer_must_hold_the_models_own_arrays():
    with pytest.raises(ValueError, match=r"Trainer: optimizer: got parameters that are not this model's \(weight\)"):
        make()


def test_a_history_shows_what_it_holds():
    history = History()
    history.add(0, {"loss": 1.0, "accuracy": 0.5})
    history.add(1, {"loss": 0.5, "accuracy": 0.75})
    assert history.history == {"loss": [1.0, 0.5], "accuracy": [0.5, 0.75]}
    assert repr(history) == "History(2 epochs: loss, accuracy)"
