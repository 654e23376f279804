"""What `fit` and `evaluate` are given: validation data, splits."""

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.batches import splits
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


def test_a_split_keeps_the_last_samples():
    a, b = trainer(), trainer()
    split = fit(a, validation_split=0.25, epochs=2, class_weight={0: 5.0})
    given = fit(b, X[:17], Y[:17], validation_data=(X[17:], Y[17:]), epochs=2, class_weight={0: 5.0})
    assert split.history == given.history
    assert same_parameters(a, b)
    # Class weights are for training: the validation is that of evaluate.
    assert split.history["val_loss"][-1] == a.evaluate(X[17:], Y[17:])["loss"]


def test_sample_weights_of_the_validation():
    weight = RNG.random(23)
    a, b = trainer(), trainer()
    split = fit(a, validation_split=0.25, sample_weight=weight)
    triple = (X[17:], Y[17:], weight[17:])
    given = fit(b, X[:17], Y[:17], validation_data=triple, sample_weight=weight[:17])
    assert split.history == given.history


def test_validation_trains_nothing_and_draws_nothing():
    a, b = trainer(dropout=0.3), trainer(dropout=0.3)
    fit(a, epochs=2)
    fit(b, epochs=2, validation_data=(X, Y))
    assert same_parameters(a, b)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"validation_split": 1.0},
            ValueError,
            "validation_split: got 1.0 of 23 samples, needs at least one",
        ),
        ({"validation_split": 1e-20}, ValueError, "validation_split: got 1e-20 of 23 samples"),
        ({"validation_split": -0.5}, ValueError, "fit: validation_split: got -0.5"),
        ({"validation_split": 0.5, "validation_data": (X, Y)}, ValueError, "beside validation_data"),
        ({"validation_data": X}, TypeError, "fit: validation_data: got ndarray, needs"),
        ({"validation_data": (X, Y[:3])}, ValueError, "fit: validation_data: y: got 3 samples, needs 23"),
        (
            {"validation_data": (X, LATE)},
            ValueError,
            "^fit: validation_data: y: got 2 at index 21, needs 0 to 1, or ignore_index=-100$",
        ),
        (
            {"validation_data": (X, Y.astype(float))},
            TypeError,
            r"^fit: validation_data: y: got float64, needs .*; y.astype\(np.int64\) would fit$",
        ),
        ({"validation_data": (X, Y, np.ones(2))}, ValueError, "fit: validation_data: sample_weight: got"),
        ({"validation_data": (X[:, :2], Y)}, ValueError, r"0 \(Linear\): got 2 features, needs 3"),
        (
            {"validation_data": (X.astype(np.float64), Y)},
            TypeError,
            "fit: validation_data: x: got float64",
        ),
    ],
)
def test_it_is_checked_before_the_first_step(arguments, error, message):
    subject, untouched = trainer(), trainer()
    with pytest.raises(error, match=message):
        fit(subject, **arguments)
    assert same_parameters(subject, untouched)


class TestSplitModes:
    @pytest.mark.parametrize("mode", ["shuffle", "stratify"])
    def test_a_drawn_split_depends_on_the_seed_alone(self, mode):
        def history(seed=1, epochs=2, **arguments):
            subject = trainer()
            arguments = {"validation_split": 0.3, "validation_split_mode": mode, **arguments}
            return fit(subject, seed=seed, epochs=epochs, **arguments).history

        assert history() == history()
        assert history()["val_loss"][:1] == history(epochs=1)["val_loss"]
        assert history() != history(validation_split_mode="last")
        assert history() != history(seed=2)
        assert history(seed=None, shuffle=False)

    @pytest.mark.parametrize("mode", ["shuffle", "stratify"])
    def test_it_is_the_training_on_these_samples(self, mode):
        a, b = trainer(), trainer()
        weight = RNG.random(23)
        rng = np.random.default_rng((0, 0, 0, 1))
        parts = splits.shuffled(23, 16, rng) if mode == "shuffle" else splits.stratified(Y, 16, rng)
        (first, last) = parts
        drawn = fit(
            a, validation_split=0.3, validation_split_mode=mode, sample_weight=weight, class_weight="balanced"
        )
        given = fit(
            b, X[first], Y[first], sample_weight=weight[first], class_weight="balanced",
            validation_data=(X[last], Y[last], weight[last]),
        )  # fmt: skip
        assert drawn.history == given.history
        assert same_parameters(a, b)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"validation_split_mode": "first"}, "got 'first', needs one of"),
            ({"validation_split_mode": "shuffle"}, "got 'shuffle', needs a validation_split above 0"),
        ],
    )
    def test_the_mode_is_checked(self, arguments, message):
        with pytest.raises(ValueError, match=f"^fit: validation_split_mode: {message}"):
            fit(trainer(), **arguments)

    def test_stratified_needs_a_class_of_each_sample(self):
        for y in (X[:, :2].copy(), X[:, :1].copy()):
            subject = trainer(nn.MSELoss(), y.shape[1])
            with pytest.raises(ValueError, match=r"^fit: validation_split_mode: got targets .*, needs one"):
                fit(subject, X, y, validation_split=0.5, validation_split_mode="stratify")


class TestValidationFromAnIterable:
    PARTS = ((X[:9], Y[:9]), (X[9:], Y[9:]))

    class Restarting:
        """An iterable without a length."""

        def __iter__(self):
            return iter(TestValidationFromAnIterable.PARTS)

    @pytest.mark.parametrize("kind", ["list", "restarting", "arrays in a list"])
    def test_it_is_that_of_the_arrays(self, kind):
        given = {"list": list(self.PARTS), "restarting": self.Restarting(), "arrays in a list": [X, Y]}[kind]
        a, b = trainer(), trainer()
        history = fit(a, validation_data=given, epochs=2)
        expected = fit(b, validation_data=(X, Y), epochs=2)
        assert history["val_loss"] == pytest.approx(expected["val_loss"], rel=1e-6)
        assert same_parameters(a, b)

    def test_steps_take_the_first_batches_or_the_next_ones(self):
        def losses(given, epochs=2):
            return fit(trainer(), epochs=epochs, validation_data=given, validation_steps=1)["val_loss"]

        expected = [fit(trainer(), epochs=2, validation_data=part)["val_loss"] for part in self.PARTS]
        assert losses(list(self.PARTS)) == expected[0]
        assert losses(iter(self.PARTS)) == [expected[0][0], expected[1][1]]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                {"validation_data": iter(PARTS), "epochs": 2},
                "^fit: validation_data: x: got an iterator, which",
            ),
            ({"validation_data": [(X, Y[:2])]}, "^fit: validation_data: batch 1: y: got 2 samples, needs 23"),
            ({"validation_data": (X, Y), "validation_steps": 2}, "validation_steps: got it with arrays"),
            ({"validation_steps": 2}, "^fit: validation_steps: got it without validation_data"),
            (
                {"validation_data": [(X, Y)], "validation_steps": 0},
                "validation_data: validation_steps: got 0",
            ),
            ({"steps_per_epoch": 2}, "^fit: steps_per_epoch: got it with arrays, needs an iterable"),
        ],
    )
    def test_it_is_checked_before_the_first_step(self, arguments, message):
        subject, untouched = trainer(), trainer()
        with pytest.raises(ValueError, match=message):
            fit(subject, **arguments)
        assert same_parameters(subject, untouched)

    def test_one_that_runs_out_is_told(self):
        with pytest.raises(
            ValueError, match=r"x: got 2 batches, needs 3 in each epoch \(validation_steps\)$"
        ):
            fit(trainer(), validation_data=list(self.PARTS), validation_steps=3)
