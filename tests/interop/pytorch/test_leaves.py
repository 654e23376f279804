import pytest

from fastconv import nn
from fastconv.interop.pytorch.leaves import Leaves, nearest

pytestmark = pytest.mark.torch


def test_settings_are_read_from_the_module(torch):
    t = torch.nn
    modules = [
        (
            t.Conv2d(2, 4, (3, 1), 2, (1, 0), 2, 2, bias=False),
            nn.Conv2d(2, 4, (3, 1), 2, (1, 0), 2, 2, bias=False),
        ),
        (t.MaxPool2d(3, 2, 1, ceil_mode=True), nn.MaxPool2d(3, 2, 1, ceil_mode=True)),
        (t.AvgPool1d(2, count_include_pad=False), nn.AvgPool1d(2, count_include_pad=False)),
        (t.BatchNorm1d(3, momentum=None, affine=False), nn.BatchNorm1d(3, momentum=None, affine=False)),
        (t.GELU("tanh"), nn.GELU("tanh")),
        (t.Softmax2d(), nn.Softmax(1)),
        (
            t.UpsamplingBilinear2d(scale_factor=2),
            nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=True),
        ),
        (t.LayerNorm(4, bias=False), nn.LayerNorm(4, bias=False)),
        (t.Unflatten(1, (2, 3)), nn.Unflatten(1, (2, 3))),
        (t.PReLU(3), nn.PReLU(3)),
    ]
    for module, layer in modules:
        assert Leaves().of(module, "0").describe() == layer.describe()


def test_a_class_of_ones_own_without_a_forward_is_what_it_derives_from(torch):
    class Mine(torch.nn.Linear):
        pass

    assert isinstance(Leaves().of(Mine(2, 3), "0"), nn.Linear)


def test_weights_that_are_computed_are_taken_as_they_are(torch):
    module = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    layer = Leaves().of(module, "0")
    assert layer.weight.tolist() == module.weight.tolist()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: t.Conv2d(1, 1, 3, padding_mode="reflect"),
         "padding_mode: got 'reflect', needs 'zeros'; padding=0 and a ReflectionPad2d before it would fit"),
        (lambda t: t.Conv1d(1, 1, 3, padding_mode="circular"),
         "padding_mode: got 'circular', needs 'zeros'; padding=0 and a CircularPad1d before it would fit"),
        (lambda t: t.MaxPool2d(2, return_indices=True), "return_indices: got True, needs False"),
        (lambda t: t.Softmax(None), "dim: got None, needs an integer"),
        (lambda t: t.Linear(2, 2, device="meta"), r"got no numbers \(the device 'meta'\), needs dense"),
    ],
)  # fmt: skip
def test_settings_that_no_layer_has(make, message, torch):
    with pytest.raises((TypeError, ValueError), match=rf"^from_module: in 3 \(\w+\): {message}"):
        Leaves().of(make(torch.nn), "3")


def test_the_nearest_layer():
    assert nearest("conv3d") == "needs a layer that fastconv.nn has, too; Conv2d is near"
    assert nearest("SELU").endswith("; ELU is near")
    assert nearest("LSTM") == "needs a layer that fastconv.nn has, too"
