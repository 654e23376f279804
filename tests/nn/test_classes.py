"""What the outputs of a classifier mean."""

import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.nn.classes import labelled

X = np.eye(3, dtype=np.float32)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["b", "a"], ("b", "a")),
        (np.array(["b", "a"]), ("b", "a")),
        (range(3, 5), (3, 4)),
        (np.array([7, -1]), (7, -1)),
        (None, None),
    ],
)
def test_they_are_strings_or_integers(given, kept, tmp_path):
    model = nn.Linear(3, 2, seed=0)
    assert model.classes is None
    model.classes = given
    assert model.classes == kept
    model.save(tmp_path / "file.safetensors")
    assert fastconv.load(tmp_path / "file.safetensors").classes == kept
    assert model.astype(np.float64).classes == kept


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("ab", TypeError, "got 'ab', needs a list of strings, or one of integers"),
        ([], TypeError, "got"),
        (["a", 1], TypeError, "got"),
        ([True, False], TypeError, "got"),
        ([1.0, 2.0], TypeError, "got"),
        (3, TypeError, "got 3"),
        (["a", "b", "a"], ValueError, "got 'a' 2 times, needs each label once"),
    ],
)
def test_anything_else_is_told(given, error, message):
    model = nn.Linear(3, 2, seed=0)
    with pytest.raises(error, match=f"^Linear: classes: {message}"):
        model.classes = given


def test_a_layer_of_ones_own_may_have_its_own():
    class Net(nn.Layer):
        def __init__(self, classes):
            super().__init__()
            self.classes = classes
            self.last = nn.Linear(3, classes, seed=0)

        def forward(self, x, training=True):
            return self.last.forward(x, training)

    class Plain(Net):
        def __init__(self):
            nn.Layer.__init__(self)
            self.last = nn.Linear(3, 2, seed=0)

    assert Net(4).classes == 4
    assert Net(4).predict_labels(X).dtype == np.int64
    plain = Plain()
    plain.classes = ["no", "yes"]
    assert set(plain.predict_labels(X)) <= {"no", "yes"}


def test_the_first_of_the_largest_outputs_counts():
    outputs = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0]])
    assert labelled("f", outputs, ("a", "b", "c")).tolist() == ["a", "b"]
    assert labelled("f", outputs, None).tolist() == [0, 1]
    assert labelled("f", outputs[:0], ("a", "b", "c")).shape == (0,)


@pytest.mark.parametrize(
    ("outputs", "classes", "message"),
    [
        (1, None, r"got outputs of shape \(3, 1\), needs an output for each class"),
        (2, ("a", "b", "c"), "got 2 outputs for 3 classes, needs one for each of model.classes"),
    ],
)
def test_outputs_that_are_no_classes_are_told(outputs, classes, message):
    model = nn.Linear(3, outputs, seed=0)
    model.classes = classes
    with pytest.raises(ValueError, match=f"^predict_labels: model: {message}"):
        model.predict_labels(X)
