import numpy as np
import pytest

from fastconv import nn
from fastconv.plots.inputs import images_for, layer_name, names_of


def test_one_image_is_a_batch_of_one(model, x):
    np.testing.assert_array_equal(images_for("saliency", model, x[0]), x[:1])
    np.testing.assert_array_equal(images_for("saliency", model, x.tolist()), x)


def test_bytes_are_divided_by_255(model):
    image = np.full((3, 6, 6), 51, np.uint8)
    np.testing.assert_array_equal(images_for("saliency", model, image), np.full((1, 3, 6, 6), 0.2))


@pytest.mark.parametrize(
    ("error", "message", "x"),
    [
        (ValueError, r"x: got shape \(6, 6\), needs an image \(C, H, W\) or a batch", np.zeros((6, 6))),
        (ValueError, r"x: got shape \(0, 3, 6, 6\), needs an image", np.zeros((0, 3, 6, 6))),
        (TypeError, "x: got float32, needs float64", np.zeros((3, 6, 6), "f")),
        (ValueError, r"in 0 \(Conv2d\): got 2 channels, needs 3", np.zeros((2, 6, 6))),
        (TypeError, "x: got str, needs an array", "image"),
    ],
)
def test_what_is_no_image_for_the_model(model, error, message, x):
    with pytest.raises(error, match=message):
        images_for("saliency", model, x)


def test_a_layer_by_name_number_or_itself(model):
    for layer in "3", 3, model[3]:
        assert layer_name("filters", model, layer, []) == "3"
    assert layer_name("filters", model, model[2].body[0], []) == "2.body.0"
    assert layer_name("filters", model, model, []) == ""


@pytest.mark.parametrize(
    ("error", "message", "layer"),
    [
        (ValueError, "filters: layer: got '9', needs one of '', 0$", "9"),
        (ValueError, "layer: got a ReLU that is not in the model, needs one of", nn.ReLU()),
        (TypeError, "layer: got bool, needs a layer or its name", True),
        (TypeError, "layer: got float, needs a layer or its name", 0.0),
    ],
)
def test_a_layer_that_is_not_there(model, error, message, layer):
    with pytest.raises(error, match=message):
        layer_name("filters", model, layer, ["", "0"])


def test_many_names_are_counted():
    assert names_of(map(str, range(14))).endswith("10, 11 and 2 more")
