import numpy as np
import pytest

from tests.interop.keras.files import given, layer, loaded, same_as_keras, sequential


def test_borders(keras, tmp_path):
    layers = keras.layers
    made = [
        layers.ZeroPadding2D(((1, 2), (3, 0))), layers.Conv2D(2, 3), layers.Cropping2D(((0, 1), (2, 1))),
        layers.ZeroPadding2D((1, 2)), layers.ZeroPadding2D(2), layers.Cropping2D((1, 2)),
    ]  # fmt: skip
    same_as_keras(keras.Sequential([keras.Input((6, 7, 3)), *made]), tmp_path)
    made = [
        layers.ZeroPadding1D((1, 2)),
        layers.Conv1D(2, 3),
        layers.Cropping1D((0, 2)),
        layers.ZeroPadding1D(1),
    ]
    same_as_keras(keras.Sequential([keras.Input((7, 3)), *made]), tmp_path)


def test_up_sampling(keras, tmp_path):
    layers = keras.layers
    for made in [layers.UpSampling2D(), layers.UpSampling2D((3, 2), interpolation="bilinear")]:
        same_as_keras(keras.Sequential([keras.Input((4, 5, 3)), made]), tmp_path)
    made = [layers.Conv1D(2, 2), layers.UpSampling1D(3)]
    same_as_keras(keras.Sequential([keras.Input((5, 3)), *made]), tmp_path)


def test_other_shapes(keras, tmp_path):
    layers = keras.layers
    for made in [
        [layers.Reshape((6, 4))], [layers.Reshape((-1,))], [layers.Conv2D(2, 1), layers.Reshape((2, -1, 3))],
        [layers.Permute((2, 1, 3)), layers.Conv2D(2, 2)], [layers.Permute((3, 1, 2))],
        [layers.Permute((3, 1, 2)), layers.Flatten(), layers.Dense(3)],
        [layers.Conv2D(2, 1), layers.Reshape((8, 3)), layers.Conv1D(2, 2)],
    ]:  # fmt: skip
        same_as_keras(keras.Sequential([keras.Input((4, 3, 2)), *made]), tmp_path)


def test_a_flattened_image_of_one_row_or_channel_needs_no_permutation(tmp_path):
    flat = layer("Flatten", data_format="channels_last")
    for shape in [(5, 1, 1), (4, 3, 1), (1, 1, 6)]:
        model = loaded(tmp_path, sequential(given(*shape), flat))
        assert [type(layer).__name__ for layer in model] == ["Flatten"]


def test_permute_renames_axes_alone(tmp_path):
    model = loaded(tmp_path, sequential(given(4, 3, 2), layer("Permute", dims=[2, 1, 3])))
    x = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3)
    assert np.array_equal(model(x), x.transpose(0, 1, 3, 2))


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (layer("Reshape", target_shape=[5, -1]), "target_shape: got .5, -1., needs that of 24 elements"),
        (layer("Reshape", target_shape=[-1, -1]), "needs that of 24 elements"),
        (layer("Reshape", target_shape="6"), "target_shape: got '6', needs sizes"),
        (layer("Reshape", target_shape=[True, 24]), "needs sizes"),
        (layer("Permute", dims=[1, 2, 2]), "dims: got .1, 2, 2., needs the axes 1 to 3"),
        (
            layer("ZeroPadding2D", padding=[1], data_format="channels_last"),
            "padding: got .1., needs .before, af",
        ),
        (
            layer("Cropping2D", cropping=[2, 2], data_format="channels_last"),
            r"got \(-2, -2, -2, -2\), needs to crop at most",
        ),
        (
            layer("UpSampling2D", size=2, interpolation="bicubic", data_format="channels_last"),
            "interpolation: got 'bicubic', needs 'nearest' or 'bilinear'",
        ),
    ],
)
def test_settings_that_do_not_fit(tmp_path, described, message):
    with pytest.raises(ValueError, match=rf"in {described['config']['name']} .*{message}"):
        loaded(tmp_path, sequential(given(4, 3, 2), described))
