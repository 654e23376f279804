import numpy as np
import pytest

from tests.interop.keras.files import given, layer, loaded, same_as_keras, sequential

AFFINE = [{}, {"scale": False}, {"center": False}, {"scale": False, "center": False}]


@pytest.mark.parametrize("affine", AFFINE)
def test_norms(keras, tmp_path, affine):
    layers = keras.layers
    made = [
        layers.Conv2D(4, 1),
        layers.BatchNormalization(epsilon=0.01, name="batch", **affine),
        layers.LayerNormalization(name="layer", **affine),
        layers.GroupNormalization(2, name="group", **affine),
    ]
    ours = same_as_keras(keras.Sequential([keras.Input((3, 4, 2)), *made]), tmp_path)
    assert ours.batch.momentum == 0.01
    # What Keras does not have is there, but not trained; where it has neither, there is nothing.
    frozen = {
        ("scale",): ["batch.weight", "layer.weight", "group.weight"],
        ("center",): ["batch.bias", "group.bias"],
    }
    assert sorted(ours.frozen()) == sorted(frozen.get((*affine,), []))
    assert ("batch.weight" in ours.parameters()) == (len(affine) < 2)


@pytest.mark.parametrize("shape", [(6,), (5, 4), (3, 2, 4)])
def test_axes_and_ranks(keras, tmp_path, shape):
    layers = keras.layers
    every = [*range(1, len(shape) + 1)]
    kinds = [
        *(layers.BatchNormalization(), layers.BatchNormalization(axis=1), layers.GroupNormalization(-1)),
        *(layers.LayerNormalization(), layers.LayerNormalization(axis=every)),
        *(layers.LayerNormalization(axis=every[-2:]), layers.GroupNormalization(1, axis=1)),
    ]
    if keras.backend.backend() != "torch":  # where Keras fails
        kinds.append(layers.LayerNormalization(axis=1))
    for made in kinds:
        same_as_keras(keras.Sequential([keras.Input(shape), made]), tmp_path)


def test_rescaling(keras, tmp_path):
    for scale, offset in [(1 / 127.5, -1), (0.5, [1.0, 2, 3]), ([0.5, 1.0, 2], 0.0)]:
        made = keras.layers.Rescaling(scale, offset, name="rescaling")
        ours = same_as_keras(keras.Sequential([keras.Input((3, 4, 3)), made]), tmp_path)
        assert ours.frozen() == ["rescaling.weight", "rescaling.bias"]


def test_normalization(keras, tmp_path):
    kind, shape = keras.layers.Normalization, (2, 4, 3)
    for made in [
        kind(), kind(axis=None), kind(axis=(1, 3)), kind(invert=True), kind(mean=1.0, variance=4.0),
        kind(mean=[1.0, 2, 3], variance=[0.0, 1, 4]), kind(axis=1, mean=[1.0, 2], variance=[3.0, 4]),
    ]:  # fmt: skip
        if made.get_config()["mean"] is None:
            made.adapt(np.random.default_rng(0).normal(3, 2, (5, *shape)))
        same_as_keras(keras.Sequential([keras.Input(shape), made]), tmp_path)


def test_a_normalization_by_hand(tmp_path):
    norm = layer("Normalization", axis=[-1], mean=[1, 2], variance=[4, 16])
    model = loaded(tmp_path, sequential(given(2), norm))
    assert model(np.float32([[3, 10]])).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (layer("Rescaling", scale="a", offset=0), "scale: got 'a', needs numbers"),
        (layer("Rescaling", scale=[[1.0]], offset=0), "needs finite numbers with at most 1 axes"),
        (layer("Rescaling", scale=1e400, offset=0), "scale: got inf, needs finite numbers"),
        (layer("Rescaling", scale=[1.0, 2.0], offset=0), "in rescaling .Rescaling.: "),
        (layer("Normalization", axis=-1, mean=[1], variance=[-1]), "variance: got numbers below 0"),
        (layer("BatchNormalization", axis=3, epsilon=1, momentum=1), "axis: got 3, needs an integer"),
        (layer("LayerNormalization", rms_scaling=True), "rms_scaling: got True, needs False"),
        (
            layer("GroupNormalization", axis=-1, groups=2, epsilon=1, scale=False, center=False),
            "num_groups: got 2, needs a divisor of 3",
        ),
    ],
)
def test_settings_that_do_not_fit(tmp_path, described, message):
    with pytest.raises(ValueError, match=message):
        loaded(tmp_path, sequential(given(3), described))
