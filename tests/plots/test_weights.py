import numpy as np
import pytest

from fastconv import nn
from fastconv.plots import filters


def shown(figure):
    return np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)


def test_three_channels_are_colours(model):
    figure = filters(model)
    (axes,) = figure.axes
    weight = model.parameters()["0.weight"]
    tile = 0.5 + weight[1].transpose(1, 2, 0) / (2 * np.abs(weight).max())
    np.testing.assert_allclose(shown(figure)[:, 4:7], tile, rtol=1e-12)
    assert axes.get_title() == "0 Conv2d: weight (4, 3, 3, 3)"
    assert axes.get_ylabel() == "filter"


def test_one_channel_has_a_scale_around_zero():
    layer = nn.Conv2d(1, 10, 3, seed=0)
    figure = filters(layer)
    weight = layer.parameters()["weight"]
    np.testing.assert_array_equal(shown(figure)[4:7, 4:7], weight[9, 0])  # the second of the second row
    low, high = figure.axes[0].images[0].get_clim()
    assert -low == high == np.abs(weight).max()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["0", "8"]


@pytest.mark.parametrize("name", ["2.body.0", "3.branches.1", "4.a"])
def test_a_filter_of_many_channels_is_a_row(model, name):
    figure = filters(model, name)
    weight = model.parameters()[f"{name}.weight"]
    step = weight.shape[2] + 1
    for row in range(2):
        for column in range(3):
            tile = shown(figure)[row * step :, column * step :][: step - 1, : step - 1]
            np.testing.assert_array_equal(tile, weight[row, column])
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("input channel", "filter")


def test_a_layer_itself(model):
    by_layer, by_name = filters(model, model[2].body[0]), filters(model, "2.body.0")
    np.testing.assert_array_equal(shown(by_layer), shown(by_name))
    np.testing.assert_array_equal(shown(filters(model[2].body[0])), shown(by_name))


def test_one_axis_and_transposed():
    layer = nn.Conv1d(2, 3, 5, seed=0)
    figure = filters(layer)
    np.testing.assert_array_equal(shown(figure)[2, 6:11], layer.parameters()["weight"][1, 1])
    assert figure.axes[0].get_title() == "Conv1d: weight (3, 2, 5)"
    axes = filters(nn.ConvTranspose2d(2, 3, 2, seed=0)).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("output channel", "input channel")


def test_many_filters_are_cut():
    figure = filters(nn.Conv2d(8, 9, 1, seed=0), most=5)
    assert shown(figure).shape == (9, 9)
    assert figure.axes[0].get_title() == "Conv2d: weight (9, 8, 1, 1), [:5, :5] of it"


@pytest.mark.parametrize("value", [0, np.nan])
def test_weights_without_a_scale(value):
    for channels in 1, 3:
        layer = nn.Conv2d(channels, 2, 2)
        layer.parameters()["weight"][...] = value
        filters(layer)


@pytest.mark.parametrize(
    ("error", "message", "given"),
    [
        (ValueError, "model: got a Linear without, needs a convolution", (nn.Linear(2, 2),)),
        (TypeError, "model: got int, needs a Layer", (3,)),
        (ValueError, "layer: got '1', needs one of 0$", (nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU()), 1)),
        (ValueError, "layer: got 'x', needs one of ''$", (nn.Conv2d(1, 1, 1), "x")),
        (ValueError, "most: got 0, needs an integer from 1", (nn.Conv2d(1, 1, 1), None, 0)),
    ],
)
def test_what_has_no_filters(error, message, given):
    with pytest.raises(error, match=f"^filters: {message}"):
        filters(*given)
