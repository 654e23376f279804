import pytest

from fastconv import nn
from tests.interop.keras.files import given, layer, loaded, sequential


def test_of_elements_and_of_channels(tmp_path):
    drops = layer("Dropout", rate=0.25, noise_shape=None)
    channels = layer("SpatialDropout2D", rate=0.5, data_format="channels_last")
    model = loaded(tmp_path, sequential(given(3, 3, 2), drops, channels))
    assert [(type(one), one.p) for one in model] == [(nn.Dropout, 0.25), (nn.Dropout2d, 0.5)]


def test_what_acts_in_training_alone_is_left_out_and_named_once(tmp_path, caplog):
    layers = [
        layer("RandomFlip", "flip", mode="horizontal"),
        layer("GaussianNoise", "noise", stddev=1.0),
        layer("Dropout", "rows", rate=0.5, noise_shape=[None, 1, 1, 2]),
        layer("ReLU", "relu"),
    ]
    model = loaded(tmp_path, sequential(given(3, 3, 2), *layers))
    assert [type(one) for one in model] == [nn.ReLU]
    (record,) = caplog.records
    assert record.name == "fastconv"
    named = "layers of training alone were left out: flip (RandomFlip), noise (GaussianNoise), rows (Dropout)"
    assert record.getMessage() == f"{tmp_path / 'model.keras'}: {named}"


def test_a_rate_that_does_not_fit(tmp_path):
    with pytest.raises(ValueError, match=r"in dropout \(Dropout\): .*got 2.0, needs a number from 0 to 1"):
        loaded(tmp_path, sequential(given(2), layer("Dropout", rate=2.0)))
