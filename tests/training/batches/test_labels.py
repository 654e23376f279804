"""Labels that are strings or any integers: learned, kept with the model, given back."""

import re

import numpy as np
import pytest

import fastconv
from fastconv import nn, optim
from fastconv.training.batches import labels
from fastconv.training.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype(np.float32)
NUMBERS = np.where(X[:, 0] > 0.5, 2, np.where(X[:, 1] > 0, 1, 0))
ANIMALS = np.array(["ape", "bee", "cow"])


def trainer(outputs=3, **loss):
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, outputs), seed=0)
    return Trainer(model, nn.CrossEntropyLoss(**loss), optim.SGD(model.parameters(), lr=0.1))


def fit(subject, y, **arguments):
    return subject.fit(X, y, progress=False, **arguments)


def same_parameters(a, b):
    a, b = a.model.parameters(), b.model.parameters()
    return all(np.array_equal(a[name], b[name]) for name in a)


KINDS = {
    "strings": ANIMALS,
    "bytes": ANIMALS.astype("S"),
    "objects": ANIMALS.astype(object),
    "integers": np.array([-7, 10, 300]),
    "from 1": np.array([1, 2, 3], np.uint8),
}
each_kind = pytest.mark.parametrize("names", KINDS.values(), ids=KINDS)


@each_kind
@pytest.mark.parametrize("make", [lambda y: y, list], ids=["array", "list"])
def test_labels_are_numbered_in_their_order(names, make):
    subject, twin = trainer(), trainer()
    y = names[NUMBERS]
    known = tuple(name.decode() if isinstance(name, bytes) else name for name in names.tolist())
    if make is list and names.dtype == np.uint8:
        y = y.astype(int)
    history = fit(subject, make(y), validation_split=0.25, epochs=2, class_weight="balanced")
    assert (
        history.history
        == fit(twin, NUMBERS, validation_split=0.25, epochs=2, class_weight="balanced").history
    )
    assert subject.classes == subject.model.classes == known
    assert subject.evaluate(X, make(y)) == twin.evaluate(X, NUMBERS)
    assert subject.evaluate([(X, make(y))]) == twin.evaluate(X, NUMBERS)
    assert subject.step(X, make(y)) == twin.step(X, NUMBERS)
    assert same_parameters(subject, twin)
    assert subject.model.predict_labels(X).tolist() == [known[i] for i in twin.model.predict_labels(X)]


def test_numbers_from_0_stay():
    subject = trainer()
    fit(subject, NUMBERS)
    assert subject.classes is None
    assert np.array_equal(subject.model.predict_labels(X), subject.model.predict(X).argmax(axis=1))
    two = trainer()
    fit(two, np.minimum(NUMBERS, 1))  # the third class is missing
    assert two.classes is None


def test_ignored_labels_are_no_class():
    y = np.array([10, 20, 30])[NUMBERS]
    y[::5] = -100
    expected = NUMBERS.copy()
    expected[::5] = -100
    a, b = trainer(), trainer()
    assert fit(a, y).history == fit(b, expected).history
    assert a.classes == (10, 20, 30)


def test_classes_may_be_set_before_in_the_order_of_the_outputs():
    a, b = trainer(), trainer()
    a.model.classes = ["cow", "ape", "bee"]
    fit(a, ANIMALS[NUMBERS])
    fit(b, np.array([1, 2, 0])[NUMBERS])
    assert same_parameters(a, b)
    fit(a, NUMBERS)  # numbers of outputs are welcome where the classes are strings
    lacking, whole = trainer(), trainer()
    lacking.model.classes = whole.model.classes = ANIMALS
    fit(lacking, ANIMALS[np.minimum(NUMBERS, 1)])
    fit(whole, np.minimum(NUMBERS, 1))
    assert same_parameters(lacking, whole)


@pytest.mark.parametrize("how", ["save", "checkpoint"])
@pytest.mark.parametrize("names", [ANIMALS, np.array([5, 6, 70])], ids=["strings", "integers"])
def test_they_are_in_files(how, names, tmp_path):
    subject, path = trainer(), tmp_path / "file.safetensors"
    fit(subject, names[NUMBERS])
    (subject.model if how == "save" else subject).save(path)
    model = fastconv.load(path)
    assert model.classes == tuple(names.tolist())
    assert np.array_equal(model.predict_labels(X), subject.model.predict_labels(X))
    if how == "checkpoint":
        resumed = Trainer.resume(path)
        fit(resumed, names[NUMBERS])
        fit(subject, names[NUMBERS])
        assert same_parameters(resumed, subject)


KNOWN = r"one of model.classes ('ape'; 'bee'; 'cow')"


@pytest.mark.parametrize(
    ("names", "unknown", "message"),
    [
        (ANIMALS, "dog", f"y: got the label 'dog' at index 3, needs {KNOWN}"),
        (np.array([5, 6, 7]), 8, "y: got the label 8 at index 3, needs one of model.classes (5; 6; 7)"),
        (np.array([5, 6, 7]), 0, "y: got the label 0 at index 3, needs one of model.classes (5; 6; 7)"),
    ],
    ids=["string", "integer", "number of an output"],
)
def test_labels_that_training_has_not_seen_are_told(names, unknown, message):
    subject = trainer()
    fit(subject, names[NUMBERS])
    y = names[NUMBERS].copy()
    y[3] = unknown
    with pytest.raises(ValueError, match=f"^evaluate: {re.escape(message)}$"):
        subject.evaluate(X, y)
    with pytest.raises(ValueError, match=f"^fit: validation_data: {re.escape(message)}$"):
        fit(subject, names[NUMBERS], validation_data=(X, y))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            ANIMALS[np.minimum(NUMBERS, 1)],
            "^fit: y: got 2 classes .'ape'; 'bee'., needs 3, one for each of the model",
        ),
        (np.array(list("abcd"))[np.arange(24) % 4], "^fit: y: got 4 classes .'a'; 'b'; 'c'; 'd'., needs 3"),
        (np.arange(24) % 4, "^fit: y: got 3 at index 3, needs 0 to 2, or ignore_index=-100$"),
        (np.array([4, 5])[np.arange(24) % 2], "^fit: y: got 4 at index 0, needs 0 to 2"),
    ],
    ids=["too few", "too many", "too many numbers", "too few numbers"],
)
def test_there_is_a_class_for_each_output(y, message):
    subject = trainer()
    with pytest.raises(ValueError, match=message):
        fit(subject, y)
    assert subject.classes is None


def test_strings_need_classes():
    needs = "got strings as labels, needs the classes that they name"
    subject = trainer()
    for function in (subject.evaluate, subject.step):
        with pytest.raises(ValueError, match=f"y: {needs}"):
            function(X, ANIMALS[NUMBERS])
    with pytest.raises(ValueError, match=f"^fit: batch 1: y: {needs}"):
        subject.fit([(X, ANIMALS[NUMBERS])], progress=False)
    fit(subject, np.array([5, 6, 7])[NUMBERS])
    with pytest.raises(
        ValueError, match=r"^evaluate: y: got strings as labels, needs one of model.classes \(5; 6"
    ):
        subject.evaluate(X, ANIMALS[NUMBERS])
    subject.model.classes = ["a", "b"]
    with pytest.raises(
        ValueError, match=r"^evaluate: model: got 3 outputs, needs one for each of model.classes"
    ):
        subject.evaluate(X, ANIMALS[NUMBERS])


def test_a_fit_that_is_refused_learns_nothing():
    subject = trainer()
    for arguments in ({"validation_data": (X, NUMBERS[:2])}, {"sample_weight": np.ones(2)}):
        with pytest.raises(ValueError, match="got"):
            fit(subject, ANIMALS[NUMBERS], **arguments)
        assert subject.classes is None


def test_pixels_have_labels_too():
    model = nn.Conv2d(1, 3, 1, seed=0)
    subject = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    x, numbers = RNG.normal(size=(4, 1, 3, 2)).astype(np.float32), RNG.permutation(24).reshape(4, 3, 2) % 3
    subject.fit(x, ANIMALS[numbers], progress=False)
    assert model.predict_labels(x).shape == (4, 3, 2)
    assert set(model.predict_labels(x).flat) <= set(ANIMALS)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([[0, 1], [1, 0]], True),
        ([[0, 1], [1, 1]], False),
        ([[0, 0], [1, 0]], False),
        ([[0, 2], [1, 0]], False),
        ([[0.0, np.nan], [1, 0]], False),
        ([["a", "b"]], False),
    ],
)
def test_rows_with_a_one(y, expected):
    assert labels.are_one_hot(np.array(y)) is expected
