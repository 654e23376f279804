import numpy as np
import pytest

from fastconv.interop.keras import input_shape
from tests.interop.keras.files import given, layer, sequential, written

CONV = layer("Conv2D", filters=2, kernel_size=[3, 3], data_format="channels_first")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([given(9, 8, 3), layer("ReLU")], (3, 9, 8)),
        ([given(3, 9, 8), CONV], (3, 9, 8)),
        ([given(20, 3), layer("MaxPooling1D")], (3, 20)),
        ([given(20, 3), layer("Dense")], (20, 3)),
        ([given(4), layer("Dense")], (4,)),
        ([given(None, None, 3), layer("ReLU")], None),
    ],
)
def test_the_shape_of_a_sample_here(layers, expected, tmp_path):
    path = written(tmp_path / "model.keras", sequential(*layers), {"a": np.ones(1)})
    assert input_shape(path) == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (layer("Dense"), "got a Dense of keras.layers, needs a Sequential or Functional"),
        (sequential(given(1, 2, 3, 4)), "got inputs of 4 axes, needs at most 3: an image"),
        (sequential(layer("Dense")), "got an input of shape None, needs that of a batch"),
    ],
)
def test_a_file_that_states_none(config, message, tmp_path):
    path = written(tmp_path / "model.keras", config, {"a": np.ones(1)})
    with pytest.raises(ValueError, match=f"^{path}: holds no model that fits: {message}"):
        input_shape(path)
