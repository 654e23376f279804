"""Settings that all layers of filters check alike."""

import pytest

from fastconv import nn

LAYERS = [nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d]


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": 3}, "groups: got 3, needs a divisor of 4 and 6 channels"),
        ({"padding_mode": "reflect"}, "padding_mode: got 'reflect', needs 'zeros', the only one there is"),
        ({"in_channels": 0}, "in_channels: got 0, needs an integer from 1"),
    ],
)
def test_wrong_settings(kind, arguments, message):
    with pytest.raises(ValueError, match=f"^{kind.__name__}: {message}"):
        kind(**{"in_channels": 4, "out_channels": 6, "kernel_size": 3, **arguments})


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_a_class_of_ones_own_has_the_axes_of_its_parent(kind):
    class Mine(kind):
        pass

    mine, plain = Mine(2, 3, 3, seed=0), kind(2, 3, 3, seed=0)
    shape = (2, 8) if kind is nn.Conv1d else (2, 8, 8)
    assert mine.output_shape(shape) == plain.output_shape(shape)
    with pytest.raises(ValueError, match=r"^Mine: got 3 channels, needs 2"):
        mine.output_shape((3, *shape[1:]))
