"""Windows as TensorFlow counts them; padding is never counted in a mean."""

from itertools import product

import numpy as np
import pytest

from fastconv import nn
from tests.interop.keras.files import given, layer, loaded, same_as_keras, sequential

WINDOWS = [
    {"pool_size": 2},
    {"pool_size": (3, 2), "strides": (2, 3)},
    {"pool_size": 3, "strides": 1},
    {"pool_size": 2, "strides": 3},
]


def right(keras, padding):
    """The poolings that Keras computes as TensorFlow does: on PyTorch it counts pixels that it pads with."""
    wrong = keras.backend.backend() == "torch" and padding == "same"
    return ["MaxPooling"] if wrong else ["MaxPooling", "AveragePooling"]


@pytest.mark.parametrize(("window", "padding"), [*product(WINDOWS, ["same", "valid"])])
def test_pooling_of_images(keras, tmp_path, window, padding):
    for kind in right(keras, padding):
        made = getattr(keras.layers, f"{kind}2D")(padding=padding, **window)
        same_as_keras(keras.Sequential([keras.Input((8, 7, 3)), made]), tmp_path)


@pytest.mark.parametrize(("stride", "padding"), [*product([None, 1, 2], ["same", "valid"])])
def test_pooling_of_signals(keras, tmp_path, stride, padding):
    for kind in right(keras, padding):
        made = getattr(keras.layers, f"{kind}1D")(3, stride, padding=padding)
        same_as_keras(keras.Sequential([keras.Input((8, 3)), made]), tmp_path)


@pytest.mark.parametrize("keep", [False, True])
def test_pooling_of_whole_images_and_signals(keras, tmp_path, keep):
    kinds = "GlobalAveragePooling", "GlobalMaxPooling"
    for kind, shape in product(kinds, [(5, 3), (None, 3), (5, 4, 3), (None, None, 3)]):
        made = getattr(keras.layers, f"{kind}{len(shape) - 1}D")(keepdims=keep)
        same_as_keras(keras.Sequential([keras.Input(shape), made]), tmp_path)


@pytest.mark.parametrize(("size", "pool", "stride"), [(8, 3, 2), (7, 3, 3), (5, 2, 1), (6, 4, 3)])
def test_a_padded_mean_is_that_of_the_pixels_that_a_window_sees(tmp_path, size, pool, stride):
    config = layer("AveragePooling2D", pool_size=[1, pool], strides=[1, stride], padding="same",
                   data_format="channels_last")  # fmt: skip
    model = loaded(tmp_path, sequential(given(1, size, 1), config))
    assert isinstance(model[0], nn.AvgPool2d)
    x = np.random.default_rng(0).normal(size=size)
    outputs = -(-size // stride)
    before = max(0, (outputs - 1) * stride + pool - size) // 2
    starts = [n * stride - before for n in range(outputs)]
    wanted = [x[max(0, start) : start + pool].mean() for start in starts]
    got = model(x.astype(np.float32).reshape(1, 1, 1, size))
    np.testing.assert_allclose(got.ravel(), wanted, rtol=1e-5)


def test_settings_that_do_not_fit(tmp_path):
    pool = layer("MaxPooling2D", pool_size=0, padding="same", data_format="channels_last")
    with pytest.raises(ValueError, match=r"in maxpooling2d \(MaxPooling2D\): pool_size: got 0, needs an int"):
        loaded(tmp_path, sequential(given(3, 3, 1), pool))
    with pytest.raises(ValueError, match=r"\(MaxPooling2D\): got samples of 2 axes, needs 3"):
        loaded(tmp_path, sequential(given(3, 3), pool))
    large = layer("MaxPooling2D", pool_size=4, padding="valid", data_format="channels_last")
    with pytest.raises(ValueError, match="got 3 x 3 pixels, needs at least 4 x 4"):
        loaded(tmp_path, sequential(given(3, 3, 1), large))
