import numpy as np
import pytest

from fastconv import nn
from fastconv.plots import feature_maps


def shown(figure):
    return np.ma.filled(figure.axes[1].images[0].get_array(), np.nan)


def tiles(figure, count, side):
    step = side + 1
    whole = shown(figure)
    return np.stack([whole[:, i * step : i * step + side] for i in range(count)])


def test_the_first_convolution(model, x):
    figure = feature_maps(model, x[0])
    np.testing.assert_array_equal(tiles(figure, 4, 6), model[0](x[:1])[0])
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), x[0].transpose(1, 2, 0))
    assert figure.axes[1].get_title() == "0 Conv2d: 4 of 6 x 6"


def test_inside_every_container_and_of_the_whole(model, x):
    for layer in model:
        for statistics in layer.buffers().values():
            statistics += 1  # what a training might have left
    before = model[:2](x[:1])
    body = model[2].body
    whole = model[:4](x[:1])
    expected = {
        "1": before,
        "2.body.0": body[0](before),
        "2.body.1": body[:2](before),
        "2.body": body(before),
        "2": model[:3](x[:1]),
        "3.branches.1": model[3].children()["branches.1"](model[:3](x[:1])),
        "3": whole,
        "4.a": model[4].children()["a"](whole),
        "4": model[:5](x[:1]),
    }
    for name, output in expected.items():
        count, side = output.shape[1:3]
        np.testing.assert_allclose(
            tiles(feature_maps(model, x[:1], name), count, side), output[0], rtol=1e-12
        )


def test_a_layer_itself_and_many_channels(x):
    layer = nn.Conv2d(3, 20, 3, seed=0, dtype=np.float64)
    figure = feature_maps(layer, x[0], layer, most=9)
    np.testing.assert_array_equal(shown(figure)[5:9, :4], layer(x[:1])[0, 8])
    assert figure.axes[1].get_title() == "Conv2d: 20 of 4 x 4, the first 9"


def test_a_layer_of_ones_own(x):
    class Own(nn.Layer):
        def forward(self, x, training=True):
            return -x, lambda dy, input_gradient=True: (-dy, {})

    model = nn.Sequential(Own(), nn.ReLU())
    np.testing.assert_array_equal(tiles(feature_maps(model, x[0]), 3, 6), -x[0])


def test_values_that_are_no_numbers(model, x):
    x[0] = np.nan
    feature_maps(model, x[0])


@pytest.mark.parametrize(
    ("message", "layer"),
    [
        (r"layer: got '7' with output \(3,\), needs one that gives \(C, H, W\): 0, 1, 2.body.0", "7"),
        ("layer: got 8, needs one of 0, 1, 2.body.0", 8),
    ],
)
def test_a_layer_without_maps(model, x, message, layer):
    with pytest.raises(ValueError, match=f"^feature_maps: {message}"):
        feature_maps(model, x[0], layer)


def test_an_empty_container_does_not_run(x):
    model = nn.Sequential(nn.Sequential(), nn.ReLU())
    with pytest.raises(ValueError, match=r"got '0', which does not run by itself, needs one of 1$"):
        feature_maps(model, x[0], "0")


def test_several_images(model, x):
    with pytest.raises(ValueError, match=r"x: got 2 images, needs one image .*x\[0\] would fit"):
        feature_maps(model, x)


def test_a_misfit_inside_is_located(x):
    model = nn.Sequential(nn.ReLU(), nn.Residual(nn.Conv2d(5, 3, 1, dtype=np.float64)))
    with pytest.raises(ValueError, match=r"in 1.*\(Conv2d\)"):
        feature_maps(model, x[0], "1")
