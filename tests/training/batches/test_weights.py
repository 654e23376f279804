"""The weights of a loss's terms: by sample, by class, by pixel."""

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


def test_sample_weights_multiply_each_samples_loss():
    weight = RNG.random(23)
    subject, twin = trainer(), trainer()
    fit(subject, sample_weight=weight, batch_size=23, shuffle=False)
    y, backward = twin.model.forward(X)
    value, loss_backward = nn.CrossEntropyLoss().forward(y, Y, weight)
    twin.optimizer.step(backward(loss_backward())[1])
    assert same_parameters(subject, twin)
    assert subject.history.history["loss"] == [value]


def test_class_weights_are_sample_weights_by_class():
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
def test_class_weights_of_other_targets(y):
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
        ({"class_weight": 2.0}, TypeError, "fit: class_weight: got float, needs a dict: class and weight"),
        ({"class_weight": "even"}, TypeError, r"""got 'even', needs .* or "balanced"$"""),
        ({"class_weight": [1.0]}, ValueError, r"got shape \(1,\), needs \(2,\): one a class"),
        ({"class_weight": [1.0, -2.0]}, ValueError, "got a negative or infinite one"),
        ({"class_weight": ["a", "b"]}, TypeError, "fit: class_weight: got <U1, needs numbers"),
    ],
)
def test_weights_are_checked(arguments, error, message):
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
def test_a_class_weight_without_effect_is_told(class_weight, error, message, kind):
    one_hot, yes = np.eye(2, dtype=np.float32)[Y], Y[:, None].astype(np.float32)
    y = {"labels": Y, "probabilities": one_hot, "yes or no": yes}[kind]
    loss, outputs = (nn.BCEWithLogitsLoss(), 1) if y is yes else (nn.CrossEntropyLoss(), 2)
    subject, untouched = trainer(loss, outputs), trainer(loss, outputs)
    for arguments in ((X, y), ([(X, y)],)):
        with pytest.raises(error, match=f"class_weight: {message}"):
            fit(subject, *arguments, class_weight=class_weight)
    assert same_parameters(subject, untouched)


def test_a_class_may_be_missing_and_labels_ignored():
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
def test_class_weights_need_classes(loss, y, message):
    for data in ((X, y), ([(X, y)],)):
        with pytest.raises(ValueError, match=f"class_weight: {message}"):
            fit(trainer(loss, y.shape[1]), *data, class_weight={1: 2.0})


def test_a_weight_for_each_class_may_be_a_list():
    a, b, c = trainer(), trainer(), trainer()
    fit(a, class_weight=[0.5, 2])
    fit(b, class_weight={0: 0.5, 1: 2.0})
    fit(c, [(X, Y)], class_weight=np.array([0.5, 2]))
    assert same_parameters(a, b)
    by_class = trainer().evaluate(X, Y, sample_weight=np.array([0.5, 2])[Y])
    assert c.history["loss"] == [pytest.approx(by_class["loss"])]


def test_balanced_is_that_of_scikit_learn():
    utils = pytest.importorskip("sklearn.utils")
    y = np.array([0, 0, 0, 2, 2, -100, 0] * 3 + [2, 2])
    counted = y[y >= 0]
    expected = utils.class_weight.compute_class_weight("balanced", classes=np.array([0, 2]), y=counted)
    a, b = trainer(outputs=3), trainer(outputs=3)
    fit(a, X, y, class_weight="balanced")
    fit(b, X, y, class_weight={0: expected[0], 2: expected[1]})
    assert same_parameters(a, b)


def test_balanced_is_of_the_training_part():
    a, b = trainer(), trainer()
    fit(a, class_weight="balanced", validation_split=0.3)
    fit(b, X[:16], Y[:16], class_weight="balanced")
    assert same_parameters(a, b)
    with pytest.raises(ValueError, match=r'^fit: class_weight: got "balanced" with batches, needs a dict or'):
        fit(a, [(X, Y)], class_weight="balanced")


def test_class_weights_of_labels_that_are_strings():
    words = np.array(["no", "yes"])[Y]
    a, b = trainer(), trainer()
    fit(a, X, words, class_weight={"yes": 3.0})
    fit(b, class_weight={1: 3.0})
    assert same_parameters(a, b)
    fit(a, X, words, class_weight={1: 3.0})
    fit(b, class_weight={1: 3.0})
    assert same_parameters(a, b)
    with pytest.raises(
        ValueError, match=r"class_weight: got the class 'oui', needs one of model.classes \('no'"
    ):
        fit(a, X, words, class_weight={"oui": 3.0})


PIXELS = np.random.default_rng(1).normal(size=(5, 1, 3, 2))
MASK = np.random.default_rng(2).integers(0, 3, (5, 3, 2))
MASK[0, 0] = -100


def segmentation(loss=None, outputs=3):
    model = nn.Conv2d(1, outputs, 1, dtype=np.float64, seed=0)
    return Trainer(model, loss or nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))


@pytest.mark.parametrize("one_hot", [False, True])
def test_pixels_have_the_weights_of_their_classes(one_hot):
    mask = np.abs(MASK) % 3
    weight = np.array([0.5, 2.0, 3.0])
    y = np.moveaxis(np.eye(3)[mask], -1, 1) if one_hot else mask
    a, b = segmentation(), segmentation()
    fit(a, PIXELS, y, class_weight=weight, batch_size=2)
    fit(b, PIXELS, y, sample_weight=weight[mask], batch_size=2)
    assert same_parameters(a, b)
    by_sample = np.arange(5.0)
    fit(a, PIXELS, y, class_weight=weight, sample_weight=by_sample, batch_size=2)
    fit(b, PIXELS, y, sample_weight=weight[mask] * by_sample[:, None, None], batch_size=2)
    assert same_parameters(a, b)


def test_pixels_of_yes_and_no():
    yes = (np.abs(MASK) % 2)[:, None].astype(np.float64)
    a, b = segmentation(nn.BCEWithLogitsLoss(), 1), segmentation(nn.BCEWithLogitsLoss(), 1)
    fit(a, PIXELS, yes, class_weight="balanced")
    count = yes.sum()
    fit(b, PIXELS, yes, sample_weight=yes.size / (2 * np.where(yes == 1, count, yes.size - count)))
    assert same_parameters(a, b)


def test_the_loss_of_weighted_pixels():
    subject = segmentation()
    weight = np.random.default_rng(0).random(MASK.shape)
    output = subject.model(PIXELS).astype(np.float64)
    log = output - np.log(np.exp(output).sum(axis=1, keepdims=True))
    own = np.take_along_axis(log, np.maximum(MASK, 0)[:, None], axis=1)[:, 0]
    terms = np.where(MASK >= 0, -own, 0) * weight
    got = subject.evaluate(PIXELS, MASK, sample_weight=weight)["loss"]
    assert got == pytest.approx(terms.sum() / (MASK >= 0).sum(), rel=1e-12)
    # The gradient is that of this loss.
    value, backward = nn.CrossEntropyLoss().forward(output, MASK, weight)
    gradient = backward()
    step = 1e-6 * np.random.default_rng(1).normal(size=output.shape)
    rise = nn.CrossEntropyLoss().forward(output + step, MASK, weight)[0]
    fall = nn.CrossEntropyLoss().forward(output - step, MASK, weight)[0]
    assert value == pytest.approx(got, rel=1e-12)
    assert (gradient * step).sum() == pytest.approx((rise - fall) / 2, rel=1e-6)


@pytest.mark.parametrize("shape", [(5, 3), (5, 1, 3, 2), (3, 2)])
def test_weights_of_pixels_have_the_labels_shape(shape):
    needs = r"needs \(5,\): one a sample, or \(5, 3, 2\): one a term"
    with pytest.raises(ValueError, match=rf"^fit: sample_weight: got shape .*, {needs} of the loss$"):
        fit(segmentation(), PIXELS, MASK, sample_weight=np.ones(shape))
    with pytest.raises(ValueError, match=rf"^CrossEntropyLoss: sample_weight: got shape .*, {needs}$"):
        nn.CrossEntropyLoss().forward(np.zeros((5, 3, 3, 2)), MASK, np.ones(shape))


def test_evaluate_weighs_the_loss_and_not_the_accuracy():
    subject, weight = trainer(), RNG.random(23)
    got, plain = subject.evaluate(X, Y, batch_size=5, sample_weight=weight), subject.evaluate(X, Y)
    assert got["loss"] == pytest.approx(
        nn.CrossEntropyLoss().forward(subject.model(X), Y, weight)[0], rel=1e-6
    )
    assert got["accuracy"] == plain["accuracy"]
    with pytest.raises(
        ValueError, match=r"^evaluate: sample_weight: got shape \(2,\), needs \(23,\): one a sample$"
    ):
        subject.evaluate(X, Y, sample_weight=np.ones(2))
