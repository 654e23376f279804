import numpy as np
import pytest

from fastconv.plots import confusion
from fastconv.plots.matrix import confusion_matrix


def counts(figure):
    """The numbers in the cells, 0 where there is none."""
    (axes,) = figure.axes
    side = len(axes.images[0].get_array())
    found = np.zeros((side, side), int)
    for text in axes.texts:
        column, row = text.get_position()
        found[row, column] = int(text.get_text())
    return found.tolist()


def names(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_counting():
    matrix = confusion_matrix(np.array([0, 0, 2, 2, 2]), np.array([0, 1, 2, 2, 0]), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 2]]


def test_numbers_of_classes():
    figure = confusion([0, 0, 2, 2, 2], [0, 1, 2, 2, 0])
    (axes,) = figure.axes
    assert counts(figure) == [[1, 1, 0], [0, 0, 0], [1, 0, 2]]
    np.testing.assert_allclose(
        axes.images[0].get_array(), [[0.5, 0.5, 0], [0, 0, 0], [1 / 3, 0, 2 / 3]], rtol=1e-12
    )
    assert names(figure) == ["0", "1", "2"]
    assert axes.get_title() == "3 of 5 right (60.0%)"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")


def test_outputs_of_a_model():
    outputs = np.array([[3.0, 1.0, 0.0, 0.0], [0.0, 1.0, 2.0, 0.0]])
    figure = confusion(np.array([0, 1]), outputs)
    assert counts(figure) == [[1, 0, 0, 0], [0, 0, 1, 0], [0] * 4, [0] * 4]
    assert counts(confusion(np.array(["b", "d"]), outputs, classes=["b", "c", "d", "$x_$"]))[2] == [
        0,
        0,
        1,
        0,
    ]


def test_labels():
    figure = confusion(["cat", "dog", "dog"], ["dog", "dog", "ape"])
    assert names(figure) == ["ape", "cat", "dog"]
    assert counts(figure) == [[0, 0, 0], [0, 0, 1], [1, 0, 1]]
    figure = confusion([7, 3], [3, 3], classes=[7, 3])
    assert (names(figure), counts(figure)) == (["7", "3"], [[0, 1], [0, 1]])
    figure = confusion([0, 1], [1, 1], classes=["b", "a"])  # numbers beside names
    assert (names(figure), counts(figure)) == (["b", "a"], [[0, 1], [0, 1]])


def test_a_matrix_of_counts():
    figure = confusion([[5, 1], [0, 1200]], classes=["a", "b"])
    assert counts(figure) == [[5, 1], [0, 1200]]
    assert confusion(np.zeros((2, 2), int)).axes[0].get_title() == "0 of 0 right"


def test_many_classes_have_colours_alone():
    figure = confusion(np.arange(100), np.arange(100))
    assert not figure.axes[0].texts
    assert figure.axes[0].images[0].get_array().trace() == 100
    assert names(figure)[:2] == ["0", "3"]


@pytest.mark.parametrize(
    ("error", "message", "given"),
    [
        (ValueError, r"target: got shape \(2, 3\), needs predicted classes beside", [[[1, 2, 3]] * 2]),
        (ValueError, r"target: got shape \(0,\), needs predicted classes", [[]]),
        (TypeError, "target: got float64, needs whole numbers of samples", [np.eye(2)]),
        (TypeError, "target: got negative ones, needs whole numbers", [-np.eye(2, dtype=int)]),
        (ValueError, r"classes: got 3 for a matrix \(2, 2\), needs", [[[1, 0], [0, 1]], None, [1, 2, 3]]),
        (ValueError, r"target: got shape \(1, 2\), needs classes \(N,\)", [[[0, 1]], [0, 1]]),
        (ValueError, r"predicted: got shape \(3,\), needs \(2,\) to match target", [[0, 1], [0, 1, 1]]),
        (ValueError, "predicted: got 2 outputs for 3 classes, needs one", [[0], np.eye(2)[:1], [1, 2, 3]]),
        (ValueError, "predicted: got 'c', needs one of the classes 'a', 'b'", [["a"], ["c"], ["a", "b"]]),
        (ValueError, "target: got 2 at index 1, needs 0 to 1", [[0, 2], [0, 1], ["a", "b"]]),
        (ValueError, "target: got -1, needs one of the classes 0, 1", [[-1, 1], [0, 1]]),
        (TypeError, "target: got float64, needs integers or strings", [[0.5], [0.5]]),
        (TypeError, "classes: got 'ab', needs a list of strings", [[0], [0], "ab"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_together(error, message, given):
    with pytest.raises(error, match=f"^confusion: {message}"):
        confusion(*given)
