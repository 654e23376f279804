"""Every setting of every layer is checked, in the constructor and whenever it is set."""

import inspect

import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.arguments import generator

CONVOLUTIONS = nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d
ADAPTIVE = nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d
PADDINGS = [getattr(nn, name) for name in nn.__all__ if "Pad" in name]
NEEDED = {
    **{kind: {"in_channels": 2, "out_channels": 4, "kernel_size": 3} for kind in CONVOLUTIONS},
    nn.Linear: {"in_features": 3, "out_features": 2},
    nn.Graph: {"nodes": {"a": (nn.ReLU(), "input")}},
    nn.Residual: {"body": nn.ReLU()},
    nn.BatchNorm1d: {"num_features": 2},
    nn.BatchNorm2d: {"num_features": 2},
    nn.InstanceNorm1d: {"num_features": 2},
    nn.InstanceNorm2d: {"num_features": 2},
    nn.LocalResponseNorm: {"size": 3},
    nn.Mean: {"dim": 1},
    nn.Permute: {"dims": (0, 2, 1)},
    nn.Power: {"exponent": 2.0},
    nn.Reshape: {"shape": (-1,)},
    nn.Slice: {"dim": 1},
    nn.GroupNorm: {"num_groups": 1, "num_channels": 2},
    nn.LayerNorm: {"normalized_shape": 3},
    **{kind: {"kernel_size": 2} for kind in (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d)},
    **{kind: {"output_size": 1} for kind in ADAPTIVE},
    nn.PixelShuffle: {"upscale_factor": 2},
    nn.Unflatten: {"dim": 1, "unflattened_size": (1, -1)},
    nn.Upsample: {"size": 2},
    **{kind: {"padding": 1} for kind in PADDINGS},
    **{kind: {"padding": 1, "value": 0.5} for kind in (nn.ConstantPad1d, nn.ConstantPad2d)},
}
FIRST = {nn.Concat: (nn.ReLU(),)}
"""Arguments without a name."""
LAYERS = [
    kind for name, kind in vars(nn).items() if name in nn.__all__ and isinstance(kind, type(nn.Layer))
    if issubclass(kind, nn.Layer) and kind is not nn.Layer
]  # fmt: skip
WRONG = ["wrong", 2.5, -100, float("nan"), [], (1, 2, 3, 4, 5), np.ones(2), object, {}]


def made(kind, **arguments):
    return kind(*FIRST.get(kind, ()), **{**NEEDED.get(kind, {}), **arguments})


FITTING = {
    "divisor_override": [-100],
    "stride": [[]],
    "classes": [(1, 2, 3, 4, 5)],
    "eps": [2.5, -100],
    "momentum": [2.5, -100],
    "normalized_shape": [(1, 2, 3, 4, 5)],
    "unflattened_size": [(1, 2, 3, 4, 5)],
    **{name: [2.5, -100] for name in ("alpha", "negative_slope", "init", "beta", "threshold")},
    "preparation": [{}],
    "min_val": [-100, 2.5],
    "max_val": [2.5],
    **{(kind, "padding"): [-100] for kind in PADDINGS},
    "value": [2.5, -100],
    "exponent": [2.5, -100],
    "k": [2.5, -100],
    "start": [-100],
    "stop": [-100],
    "step": [-100],
    (nn.Mean, "dim"): [(1, 2, 3, 4, 5)],
    (nn.Reshape, "shape"): [[], (1, 2, 3, 4, 5)],
    (nn.Affine, "weight"): [[], (1, 2, 3, 4, 5)],
    (nn.Affine, "bias"): [[], (1, 2, 3, 4, 5)],
}
"""Of these what fits (a pooling without a stride takes steps of its kernel), or is told by another name."""


def wrong_for(kind, name):
    fitting = FITTING.get((kind, name), FITTING.get(name, []))
    return [value for value in WRONG if repr(value) not in map(repr, fitting)]


ARGUMENTS = [
    pytest.param(kind, name, id=f"{kind.__name__}-{name}")
    for kind in LAYERS
    for name, parameter in inspect.signature(kind).parameters.items()
    if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
]
ATTRIBUTES = [
    pytest.param(kind, name, id=f"{kind.__name__}-{name}")
    for kind in LAYERS
    for name in dir(made(kind))
    if not name.startswith("_")
]


@pytest.mark.parametrize(("kind", "name"), ARGUMENTS)
def test_a_wrong_argument_is_an_error_that_names_it(kind, name):
    for wrong in wrong_for(kind, name):
        with pytest.raises((TypeError, ValueError), match=rf"^{kind.__name__}: {name}: got "):
            made(kind, **{name: wrong})


@pytest.mark.parametrize(("kind", "name"), ATTRIBUTES)
def test_a_wrong_value_is_an_error_that_names_the_attribute_and_changes_nothing(kind, name):
    layer = made(kind)
    before = getattr(layer, name)
    for wrong in wrong_for(kind, name):
        with pytest.raises((TypeError, ValueError, AttributeError), match=rf"^{kind.__name__}: {name}: "):
            setattr(layer, name, wrong)
    after = getattr(layer, name)
    assert after is before or after == before


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in (*CONVOLUTIONS, nn.Linear) for name in kind.fixed],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_shapes_the_parameters_stays(kind, name):
    layer = made(kind)
    with pytest.raises(AttributeError, match=f"^{kind.__name__}: {name}: got .*, needs to stay"):
        setattr(layer, name, getattr(layer, name))


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("trainable", r"freeze\(\)"),
        ("requires_grad", r"freeze\(\)"),
        ("training", r"forward\(x, training=...\)"),
    ],
)
def test_settings_of_other_libraries_are_told_with_what_says_the_same(kind, name, way):
    message = f"^{kind.__name__}: {name}: there is no such setting; {way} would fit$"
    with pytest.raises(AttributeError, match=message):
        setattr(made(kind), name, False)

    class Mine(kind):
        pass

    mine = Mine(*FIRST.get(kind, ()), **NEEDED.get(kind, {}))
    with pytest.raises(AttributeError, match=r"^Mine: "):
        setattr(mine, name, False)


def test_a_class_of_ones_own_may_have_what_it_defines():
    class Mine(nn.Layer):
        training = True

        def __init__(self):
            super().__init__()
            self.trainable = True

    mine = Mine()
    mine.training = mine.trainable = False
    mine.anything = 3
    assert (mine.training, mine.trainable, mine.anything) == (False, False, 3)


@pytest.mark.parametrize(
    ("layer", "changes", "made_so"),
    [
        (
            nn.Conv2d(2, 2, 3, seed=0),
            {"stride": 2, "padding": 1, "dilation": (1, 2)},
            nn.Conv2d(2, 2, 3, 2, 1, (1, 2), seed=0),
        ),
        (nn.Conv2d(2, 2, 3, seed=0), {"padding": "same"}, nn.Conv2d(2, 2, 3, padding="same", seed=0)),
        (
            nn.MaxPool2d(2),
            {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2, "ceil_mode": True},
            nn.MaxPool2d(3, 1, 1, 2, ceil_mode=True),
        ),
        (
            nn.AvgPool2d(2),
            {"kernel_size": 3, "padding": (1, 0), "count_include_pad": False, "divisor_override": 5},
            nn.AvgPool2d(3, 2, (1, 0), False, False, 5),
        ),
        (nn.AdaptiveAvgPool2d(1), {"output_size": (None, 2)}, nn.AdaptiveAvgPool2d((None, 2))),
        (
            nn.Conv1d(2, 2, 3, seed=0),
            {"stride": 2, "padding": "same_upper", "dilation": 3},
            nn.Conv1d(2, 2, 3, 2, "same_upper", 3, seed=0),
        ),
        (
            nn.ConvTranspose2d(2, 2, 3, seed=0),
            {"stride": 2, "padding": ((0, 1), (1, 0)), "output_padding": 1, "dilation": (1, 2)},
            nn.ConvTranspose2d(2, 2, 3, 2, ((0, 1), (1, 0)), 1, dilation=(1, 2), seed=0),
        ),
        (nn.MaxPool1d(2), {"stride": 1, "padding": ((1, 0),)}, nn.MaxPool1d(2, 1, ((1, 0),))),
        (nn.AvgPool1d(2), {"padding": "same_upper"}, nn.AvgPool1d(2, padding="same_upper")),
        (nn.AdaptiveAvgPool1d(1), {"output_size": (None,)}, nn.AdaptiveAvgPool1d((None,))),
        (nn.Softmax(1), {"dim": -1}, nn.Softmax(-1)),
        (nn.GroupNorm(2, 2), {"eps": 0.5}, nn.GroupNorm(2, 2, 0.5)),
        (nn.Flatten(), {"start_dim": 2, "end_dim": 3}, nn.Flatten(2, 3)),
    ],
    ids=repr,
)
def test_a_setting_holds_from_the_next_call_on(layer, changes, made_so):
    size = (2, 2, 8) if "1d" in type(layer).__name__ else (2, 2, 7, 8)
    x = np.random.default_rng(0).normal(size=size).astype(np.float32)
    for name, value in changes.items():
        setattr(layer, name, value)
    assert layer.config() == made_so.config()
    y, backward = layer.forward(x)
    assert np.array_equal(y, made_so(x))
    assert np.array_equal(layer(x), y)
    assert layer.output_shape(x.shape[1:]) == y.shape[1:]
    assert np.array_equal(backward(y)[0], made_so.forward(x)[1](y)[0])


def test_a_backward_belongs_to_the_settings_of_its_forward():
    x = np.random.default_rng(0).normal(size=(2, 2, 6, 6))
    for layer, name, value in [
        (nn.Softmax(1), "dim", 3),
        (nn.AvgPool2d(2), "kernel_size", 3),
        (nn.Conv2d(2, 2, 3, dtype=np.float64, seed=0), "stride", 2),
    ]:
        y, backward = layer.forward(x)
        expected = backward(y)[0]
        setattr(layer, name, value)
        assert np.array_equal(backward(y)[0], expected)


def test_same_padding_and_stride_are_seen_together():
    layer = nn.Conv2d(1, 1, 3, padding="same")
    with pytest.raises(ValueError, match="Conv2d: padding: got 'same' with stride=2, needs stride 1"):
        layer.stride = 2
    assert layer.stride == (1, 1)
    layer.padding = 1
    layer.stride = 2
    with pytest.raises(ValueError, match="Conv2d: padding: got 'same' with stride=2, needs stride 1"):
        layer.padding = "same"


def test_a_generator_begins_at_its_seed():
    assert generator("Linear", "seed", 3).random() == np.random.default_rng(3).random()
    assert generator("Linear", "seed", None).random() != generator("Linear", "seed", None).random()
