"""What `fit` does with its data: weights, validation, batches, and what it refuses."""

import math

import numpy as np
import pytest

from fastconv import nn, optim
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
            (
                {"sample_weight": np.ones(3)},
                ValueError,
                r"fit: sample_weight: got shape \(3,\), needs \(23,\)",
            ),
            ({"sample_weight": -np.ones(23)}, ValueError, "got a negative or infinite one"),
            ({"sample_weight": ["a"] * 23}, TypeError, "fit: sample_weight: got <U1, needs numbers"),
            ({"class_weight": {0: math.nan}}, ValueError, r"fit: class_weight\[0\]: got nan, needs a number"),
            ({"class_weight": {0: "a"}}, TypeError, r"fit: class_weight\[0\]: got 'a', needs a number"),
            ({"class_weight": {0: math.inf}}, ValueError, "got a negative or infinite one"),
            ({"class_weight": [1.0, 2.0]}, TypeError, "fit: class_weight: got list, needs a dict"),
        ],
    )
    def test_weights_are_checked(self, arguments, error, message):
        with pytest.raises(error, match=message):
            fit(trainer(), **arguments)

    @pytest.mark.parametrize(
        ("class_weight", "error", "message"),
        [
            ({"0": 2.0}, TypeError, "got the key '0', needs integers from 0 to 1"),
            ({0: 1.0, None: 2.0}, TypeError, "got the key None, needs integers"),
            ({1.0: 2.0}, TypeError, "got the key 1.0, needs integers"),
            ({True: 2.0}, TypeError, "got the key True, needs integers"),
            ({7: 2.0}, ValueError, "got the class 7, needs one from 0 to 1"),
            ({-1: 2.0}, ValueError, "got the class -1, needs one from 0 to 1"),
            ({-100: 2.0}, ValueError, "got the class -100, needs one from 0 to 1"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", ["labels", "probabilities", "yes or no"])
    def test_a_class_weight_without_effect_is_told(self, class_weight, error, message, kind):
        one_hot, yes = np.eye(2, dtype=np.float32)[Y], Y[:, None].astype(np.float32)
        y = {"labels": Y, "probabilities": one_hot, "yes or no": yes}[kind]
        loss, outputs = (nn.BCEWithLogitsLoss(), 1) if y is yes else (nn.CrossEntropyLoss(), 2)
        subject, untouched = trainer(loss, outputs), trainer(loss, outputs)
        for arguments in ((X, y), ([(X, y)],)):
            with pytest.raises(error, match=f"class_weight: {message}"):
                fit(subject, *arguments, class_weight=class_weight)
        assert same_parameters(subject, untouched)

    def test_a_class_may_be_missing_and_labels_ignored(self):
        y = np.where(np.arange(23) % 2, -100, 0)
        a, b = trainer(outputs=3), trainer(outputs=3)
        fit(a, X, y, class_weight={np.int64(0): 2.0, 2: 5.0})
        fit(b, X, y, sample_weight=np.full(23, 2.0))
        assert same_parameters(a, b)

    @pytest.mark.parametrize(
        ("loss", "y", "message"),
        [
            (nn.MSELoss(), X[:, :1], "got targets that are neither 0 nor 1, needs one class a sample"),
            (
                nn.BCEWithLogitsLoss(),
                np.full((23, 1), 0.5, np.float32),
                "got targets that are neither 0 nor 1",
            ),
            (nn.MSELoss(), X[:, :2], r"got targets of shape \(23, 2\), needs one class a sample"),
            (nn.BCEWithLogitsLoss(), np.eye(2, dtype=np.float32)[Y], r"got targets of shape \(23, 2\)"),
        ],
        ids=["numbers", "half", "many numbers", "many labels"],
    )
    def test_class_weights_need_classes(self, loss, y, message):
        for data in ((X, y), ([(X, y)],)):
            with pytest.raises(ValueError, match=f"class_weight: {message}"):
                fit(trainer(loss, y.shape[1]), *data, class_weight={1: 2.0})

    def test_class_weights_need_one_class_a_sample(self):
        model = nn.Conv2d(1, 2, 1, seed=0)
        subject = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
        x, y = np.ones((4, 1, 1, 3), np.float32), np.zeros((4, 1, 3), np.int64)
        with pytest.raises(
            ValueError, match=r"class_weight: got targets of shape \(4, 1, 3\), needs one class"
        ):
            fit(subject, x, y, class_weight={1: 2.0})


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
            (
                {"validation_split": 1.0},
                ValueError,
                "validation_split: got 1.0 of 23 samples, needs at least one",
            ),
            ({"validation_split": 0.01}, ValueError, "validation_split: got 0.01 of 23 samples"),
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
            (
                iter([(X, Y)]),
                {"epochs": 2},
                ValueError,
                "fit: x: got an iterator, which ends after one epoch",
            ),
            ([], {}, ValueError, "fit: x: got no batches"),
            ([X], {}, TypeError, r"fit: batch 1: got an array of shape \(23, 3\), needs \(x, y\)"),
            ([(X, Y), (X, Y[:2])], {}, ValueError, "fit: batch 2: y: got 2 samples, needs 23"),
            ([(X.tolist(), Y)], {}, TypeError, "fit: batch 1: x: got list, needs a numpy array"),
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
    def test_what_is_no_batch_is_told(self, batches, arguments, error, message):
        with pytest.raises(error, match=message):
            fit(trainer(), batches, **arguments)


@pytest.mark.parametrize(
    ("x", "y", "arguments", "error", "message"),
    [
        (X, Y[:5], {}, ValueError, "fit: y: got 5 samples, needs 23, as many as x has"),
        (X[:0], Y[:0], {}, ValueError, "fit: x: got 0 samples, needs at least 1"),
        (X, None, {}, TypeError, "fit: y: got NoneType, needs a numpy array of samples"),
        (
            X,
            Y.tolist(),
            {},
            TypeError,
            r"^fit: y: got list, needs a numpy array of samples; np.array\(y\) would fit$",
        ),
        (None, Y, {}, TypeError, "fit: x: got NoneType"),
        (
            X.astype(np.uint8),
            Y,
            {},
            TypeError,
            r"fit: x: got uint8, needs float32 .*astype\(np.float32\) / 255",
        ),
        (
            Y[:, None],
            Y,
            {},
            TypeError,
            r"fit: x: got int64, needs float32 .*x.astype\(np.float32\) would fit",
        ),
        (
            X.astype(np.float64),
            Y,
            {},
            TypeError,
            "fit: x: got float64, needs float32 as the model's parameters",
        ),
        (X, np.eye(2)[Y], {}, TypeError, "fit: y: got float64, needs float32"),
        (X, Y, {"batch_size": 0}, ValueError, "fit: batch_size: got 0"),
        (X, Y, {"batch_size": 2.0}, TypeError, "fit: batch_size: got 2.0"),
        (X, Y, {"epochs": -1}, ValueError, "fit: epochs: got -1"),
        (X, LATE, {}, ValueError, "^fit: y: got 2 at index 21, needs 0 to 1, or ignore_index=-100$"),
        (X, LATE, {"validation_split": 0.1}, ValueError, "^fit: y: got 2 at index 21, needs 0 to 1"),
        (
            X,
            Y.astype(float),
            {},
            TypeError,
            r"^fit: y: got float64, needs integers of shape \(23,\) as class labels; y.astype\(np.int64\)",
        ),
        (X, Y.astype(bool), {}, TypeError, r"^fit: y: got bool, needs .*; y.astype\(np.int64\) would fit$"),
        (
            X,
            Y.astype(str),
            {},
            TypeError,
            r"^fit: y: got <U21, needs .*; np.searchsorted\(classes, y\) with classes = np.unique\(training ",
        ),
        (
            X,
            Y[:, None],
            {},
            ValueError,
            r"^fit: y: got int64 of shape \(23, 1\), needs .*; y\[:, 0\] would fit$",
        ),
        (
            X,
            np.eye(2, dtype=np.int64)[Y],
            {},
            ValueError,
            r"^fit: y: got int64 of shape \(23, 2\), needs .*; y.argmax\(axis=1\) would fit$",
        ),
        (X.astype(str), Y, {}, TypeError, "^fit: x: got <U32, needs float32 as the model's parameters$"),
        (
            X[:, :2].copy(),
            Y,
            {},
            ValueError,
            r"0 \(Linear\): got 2 features, needs 3; Linear\(2, 8\) would fit",
        ),
    ],
)
def test_data_that_does_not_fit_is_told(x, y, arguments, error, message):
    subject, untouched = trainer(), trainer()
    with pytest.raises(error, match=message):
        fit(subject, x, y, **{"batch_size": 4, "shuffle": False, **arguments})
    assert same_parameters(subject, untouched)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.BCEWithLogitsLoss()], ids=str)
@pytest.mark.parametrize("y", [Y, Y.astype(bool)], ids=["int", "bool"])
def test_targets_of_numbers_are_numbers(loss, y):
    needs = r"float32 to match the model's output; y\[..., None\].astype\(np.float32\) would fit"
    with pytest.raises(TypeError, match=rf"^fit: y: got {y.dtype}, needs {needs}$"):
        fit(trainer(loss, outputs=1), X, y)
    fit(trainer(loss, outputs=1), X, y[..., None].astype(np.float32))


def test_evaluate_and_step_tell_it_too():
    subject = trainer()
    with pytest.raises(ValueError, match=r"^evaluate: y: got 2 at index 21, needs 0 to 1"):
        subject.evaluate(X, LATE, batch_size=4)
    with pytest.raises(ValueError, match=r"^evaluate: batch 2: y: got 2 at index 1, needs 0 to 1"):
        subject.evaluate([(X[:20], Y[:20]), (X[20:], LATE[20:])])
    with pytest.raises(ValueError, match=r"^step: y: got 2 at index 21, needs 0 to 1"):
        subject.step(X, LATE)


def test_a_fit_that_is_refused_draws_nothing():
    refused, subject = trainer(dropout=0.5), trainer(dropout=0.5)
    with pytest.raises(ValueError, match="got 2 at index 21"):
        fit(refused, X, LATE)
    fit(refused)
    fit(subject)
    assert same_parameters(refused, subject)


def test_byte_swapped_data_is_welcome():
    swapped = X.astype(X.dtype.newbyteorder())
    a, b = trainer(), trainer()
    assert fit(a, swapped, Y).history == fit(b).history
