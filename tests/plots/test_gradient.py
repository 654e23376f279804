import numpy as np
import pytest

from fastconv import nn
from fastconv.plots import saliency


def strengths(figure):
    half = len(figure.axes) // 2
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes[half:]]


def differences(model, image, number):
    """The same by central differences."""
    found = np.zeros(image.shape)
    for index in np.ndindex(image.shape):
        step = np.zeros(image.shape)
        step[index] = 1e-6
        up, down = model((image + step)[None]), model((image - step)[None])
        found[index] = (up - down)[0, number] / 2e-6
    return np.abs(found).max(axis=0)


def test_the_gradient_of_the_predicted_class(model, x):
    figure = saliency(model, x)
    guesses = model.predict_labels(x)
    for image, number, strength in zip(x, guesses, strengths(figure), strict=True):
        np.testing.assert_allclose(strength, differences(model, image, number), atol=1e-8)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["input", "input", *(f"gradient of {number}" for number in guesses)]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), x[0].transpose(1, 2, 0))


def test_a_class_for_all_and_one_for_each(model, x):
    other = (model.predict_labels(x)[0] + 1) % 3
    figure = saliency(model, x[0], other)
    np.testing.assert_allclose(strengths(figure)[0], differences(model, x[0], other), atol=1e-8)
    assert figure.axes[0].get_title() == f"input\npredicted {(other - 1) % 3}"
    each = strengths(saliency(model, x, [0, 2]))
    np.testing.assert_allclose(each[1], strengths(saliency(model, x[1], 2))[0], rtol=1e-12)


def test_labels_of_the_model(model, x):
    model.classes = ["$a_$", "b", "c"]
    figure = saliency(model, x[0], "b")
    np.testing.assert_allclose(strengths(figure)[0], differences(model, x[0], 1), atol=1e-8)
    assert figure.axes[1].get_title() == "gradient of b"
    with pytest.raises(ValueError, match=r"saliency: target: got 'd', needs one of model.classes"):
        saliency(model, x, "d")


def test_the_first_of_many(model):
    figure = saliency(model, np.ones((11, 3, 6, 6)), np.zeros(11, int))
    assert (len(figure.axes), figure.get_suptitle()) == (16, "the first 8 of 11 images")


def test_frozen_parameters_and_statistics_stay(model, x):
    before = model.state_dict()
    model.freeze()
    assert strengths(saliency(model, x))[0].any()
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_class_that_moves_nothing_is_black():
    figure = saliency(nn.Sequential(nn.ReLU(), nn.Flatten()), -np.ones((1, 2, 2)))
    assert not strengths(figure)[0].any()


@pytest.mark.parametrize(
    ("error", "message", "target"),
    [
        (ValueError, "target: got 3 at index 0, needs 0 to 2", 3),
        (TypeError, "target: got float64, needs an integer type", 0.5),
        (ValueError, r"target: got shape \(3,\), needs \(2,\) to match x", [0, 1, 2]),
    ],
)
def test_a_class_that_is_not_there(model, x, error, message, target):
    with pytest.raises(error, match=f"^saliency: {message}"):
        saliency(model, x, target)


def test_outputs_that_are_no_classes(model, x):
    with pytest.raises(ValueError, match=r"model: got outputs of shape \(2, 4, 6, 6\), needs an output for"):
        saliency(model[:1], x)
