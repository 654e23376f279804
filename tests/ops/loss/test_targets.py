import numpy as np
import pytest

from fastconv import functional

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
NEEDS_LABELS = "integers of shape (5,) as class labels"

ANIMALS = np.array(["cat", "dog", "dog", "ant", "cat"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([1.0, 2.0, 0.0, 3.0, 1.0]), [1, 2, 0, 3, 1]),
        (np.array([True, False, True, True, False]), [1, 0, 1, 1, 0]),
        (np.array([1, 2, 0, 3, 1], object), [1, 2, 0, 3, 1]),
        (np.array([[1.0], [2.0], [0.0], [3.0], [1.0]]), [1, 2, 0, 3, 1]),
        (np.eye(4, dtype=np.int64)[[1, 2, 0, 3, 1]], [1, 2, 0, 3, 1]),
        (ANIMALS, [2, 3, 3, 0, 2]),
        (ANIMALS.astype("S"), [2, 3, 3, 0, 2]),
        (ANIMALS.astype(object), [2, 3, 3, 0, 2]),
        (ANIMALS[:, None], [2, 3, 3, 0, 2]),
    ],
    ids=[
        "floats",
        "bools",
        "objects",
        "column",
        "one hot",
        "names",
        "bytes",
        "objects of names",
        "names below",
    ],
)
def test_what_would_fit_gives_the_labels(given, expected):
    with pytest.raises((TypeError, ValueError)) as caught:
        functional.cross_entropy(X, given)
    hint = str(caught.value).split("; ")[1].removesuffix(" would fit")
    expression, _, classes = hint.partition(" with classes = ")
    assert classes in ("", "np.unique(training labels)")
    classes = np.array(["ant", "bee", "cat", "dog"], given.dtype) if classes else None
    labels = eval(expression, {"np": np, "target": given, "classes": classes})
    assert labels.tolist() == expected
    functional.cross_entropy(X, labels)


@pytest.mark.parametrize(
    "given",
    [
        np.array([0, 1, 0.5, 0, 0]),
        np.array([0, 1, np.nan, 0, 0]),
        np.array([0, 1, np.inf, 0, 0]),
        np.array([0, 1, 1, 0, 0], complex),
        np.array([0, 1, 1, 0, 0], "datetime64[D]"),
        np.array([0, "a", 1, 0, 0], object),
        np.array([0, None, 1, 0, 0], object),
        np.array([[0, 1, 1, 0]] * 5),
        np.array([[0, 2, 0, 0]] * 5),
        np.array([list("abcd")] * 5),
    ],
    ids=str,
)
def test_nothing_is_said_to_fit_where_nothing_does(given):
    with pytest.raises((TypeError, ValueError)) as caught:
        functional.cross_entropy(X, given)
    assert str(caught.value).endswith(f"needs {NEEDS_LABELS}")
