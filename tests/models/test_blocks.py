import pytest

from fastconv import models


@pytest.mark.parametrize("input_shape", [(28, 28), (0, 28, 28), (1, 1, 28, 28)])
def test_a_shape_that_is_no_image_is_an_error(input_shape):
    with pytest.raises(ValueError, match=r"needs \(channels, height, width\), all positive"):
        models.build("lenet5", input_shape)


@pytest.mark.parametrize("shape", [5, 2.5, "abc", (1, 8.0, 8)], ids=repr)
def test_an_input_shape_of_another_kind_is_told(shape):
    with pytest.raises(TypeError, match=r"^models: input_shape: got "):
        models.lenet5(shape)
    with pytest.raises(TypeError, match=r"^build: input_shape: got "):
        models.build("lenet5", shape)
