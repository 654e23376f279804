import numpy as np
import pytest

from fastconv.plots import wrong

IMAGES = np.random.default_rng(0).random((3, 1, 4, 4))
LABELS = np.array([0, 1, 2])
SURE = np.array([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.9, 0.05, 0.05]])


def test_the_surest_first():
    figure = wrong(IMAGES, LABELS, SURE, ["$a_$", "b", "c"])
    assert figure.get_suptitle() == "2 wrong of 3"
    assert [axes.get_title() for axes in figure.axes] == [
        "true c\npredicted $a_$ (90%)",
        "true $a_$\npredicted b (70%)",
    ]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), IMAGES[2, 0])


def test_as_many_as_asked_for():
    figure = wrong(IMAGES, LABELS, SURE, "abc", most=1)
    assert figure.get_suptitle() == "2 wrong of 3, the 1 surest"
    assert len(figure.axes) == 1


def test_none_wrong():
    figure = wrong(IMAGES, SURE.argmax(axis=1), SURE, "abc")
    assert (figure.get_suptitle(), figure.axes) == ("0 wrong of 3", [])


@pytest.mark.parametrize(
    ("message", "changed"),
    [
        (r"images: got shape \(3, 4, 4\), needs \(N, C, H, W\)", {"images": IMAGES[:, 0]}),
        (r"labels: got shape \(2,\), needs \(3,\) to match images", {"labels": LABELS[:2]}),
        ("labels: got 3 at index 0, needs 0 to 2", {"labels": LABELS + 3}),
        (r"probabilities: got shape \(3, 2\), needs \(3, 3\) to match", {"probabilities": SURE[:, :2]}),
        ("most: got 0, needs an integer from 1", {"most": 0}),
    ],
)
def test_what_does_not_fit_together(message, changed):
    given = {"images": IMAGES, "labels": LABELS, "probabilities": SURE, "classes": "abc"}
    with pytest.raises(ValueError, match=f"^wrong: {message}"):
        wrong(**{**given, **changed})
