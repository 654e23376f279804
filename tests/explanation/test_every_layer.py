"""Each layer and each loss of `nn.__all__` in a derivation whose gradients are all right."""

import re

import numpy as np
import pytest

from fastconv import nn
from fastconv.explanation import explain
from fastconv.explanation.losses import describe_loss
from fastconv.explanation.notation import describe
from fastconv.explanation.text import WIDTH

F64 = {"dtype": "float64"}

pytestmark = pytest.mark.usefixtures("reference")

IMAGE, SIGNAL, VECTOR = (2, 4, 4), (2, 6), (4,)


def joined(layer, other=None):
    """A graph in which this node reads the input and another layer's output."""
    return nn.Graph({"a": (other or nn.Tanh(), "input"), "both": (layer, "input", "a")})


LAYERS = {
    "Affine": [
        (nn.Affine((2, 1, 1), (), **F64), IMAGE),
        (nn.Affine((4,), **F64), VECTOR),
        (nn.Affine(bias=(6,), **F64), SIGNAL),
        (nn.Affine(**F64), VECTOR),
    ],
    "AdaptiveAvgPool1d": [(nn.AdaptiveAvgPool1d(4), SIGNAL), (nn.AdaptiveAvgPool1d(1), SIGNAL)],
    "AdaptiveAvgPool2d": [(nn.AdaptiveAvgPool2d((3, None)), IMAGE), (nn.AdaptiveAvgPool2d(1), IMAGE)],
    "AdaptiveMaxPool2d": [(nn.AdaptiveMaxPool2d((3, None)), IMAGE), (nn.AdaptiveMaxPool2d(1), IMAGE)],
    "AvgPool1d": [(nn.AvgPool1d(3, 2, 1), SIGNAL)],
    "AvgPool2d": [(nn.AvgPool2d(3, 2, 1), IMAGE)],
    "BatchNorm1d": [
        (nn.BatchNorm1d(4, **F64), VECTOR),
        (nn.BatchNorm1d(2, **F64), SIGNAL),
        (nn.BatchNorm1d(4, affine=False, **F64), VECTOR),
    ],
    "BatchNorm2d": [(nn.BatchNorm2d(2, **F64), IMAGE)],
    "CircularPad1d": [(nn.CircularPad1d((1, 2)), SIGNAL)],
    "CircularPad2d": [(nn.CircularPad2d(1), IMAGE)],
    "ConstantPad1d": [(nn.ConstantPad1d((1, -1), 0.5), SIGNAL)],
    "ConstantPad2d": [(nn.ConstantPad2d(1, -1.5), IMAGE)],
    "Conv1d": [(nn.Conv1d(2, 3, 3, 2, ((1, 0),), **F64), SIGNAL), (nn.Conv1d(2, 1, 2, **F64), SIGNAL)],
    "Conv2d": [(nn.Conv2d(2, 3, 3, padding=1, **F64), IMAGE)],
    "ConvTranspose2d": [
        (nn.ConvTranspose2d(2, 3, 3, 2, 1, 1, **F64), IMAGE),
        (nn.ConvTranspose2d(2, 4, 2, groups=2, bias=False, **F64), IMAGE),
    ],
    "Dropout": [(nn.Dropout(), VECTOR)],
    "Dropout2d": [(nn.Dropout2d(), IMAGE)],
    "ELU": [(nn.ELU(), VECTOR), (nn.ELU(0.5), IMAGE)],
    "Flatten": [(nn.Flatten(), IMAGE)],
    "GELU": [(nn.GELU(), VECTOR), (nn.GELU("tanh"), IMAGE)],
    "GroupNorm": [(nn.GroupNorm(2, 4, **F64), VECTOR), (nn.GroupNorm(1, 2, **F64), IMAGE)],
    "Hardsigmoid": [(nn.Hardsigmoid(), VECTOR)],
    "Hardswish": [(nn.Hardswish(), VECTOR)],
    "Hardtanh": [(nn.Hardtanh(-0.1, 0.2), VECTOR)],
    "Identity": [(nn.Identity(), VECTOR)],
    "InstanceNorm1d": [(nn.InstanceNorm1d(2, affine=True, **F64), (2, 4))],
    "InstanceNorm2d": [
        (nn.InstanceNorm2d(2, **F64), IMAGE),
        (nn.InstanceNorm2d(2, affine=True, track_running_stats=True, **F64), IMAGE),
    ],
    "LayerNorm": [
        (nn.LayerNorm(4, **F64), VECTOR),
        (nn.LayerNorm((4, 4), bias=False, **F64), IMAGE),
        (nn.LayerNorm(4, elementwise_affine=False, **F64), VECTOR),
    ],
    "LeakyReLU": [(nn.LeakyReLU(-0.2), VECTOR)],
    "Linear": [(nn.Linear(4, 3, **F64), VECTOR)],
    "LocalResponseNorm": [(nn.LocalResponseNorm(2, 0.5), IMAGE), (nn.LocalResponseNorm(3, 2, 0.7), SIGNAL)],
    "LogSoftmax": [(nn.LogSoftmax(), VECTOR)],
    "MaxPool1d": [(nn.MaxPool1d(2), SIGNAL)],
    "MaxPool2d": [(nn.MaxPool2d(2), IMAGE)],
    "Mean": [(nn.Mean((2, 3)), IMAGE), (nn.Mean(1, keepdim=True), SIGNAL), (nn.Mean(-1), IMAGE)],
    "PReLU": [(nn.PReLU(**F64), VECTOR), (nn.PReLU(2, **F64), IMAGE)],
    "Permute": [(nn.Permute((0, 2, 3, 1)), IMAGE)],
    "PixelShuffle": [(nn.PixelShuffle(2), (4, 2, 2))],
    "Power": [(nn.Power(2), VECTOR), (nn.Power(-1), VECTOR), (nn.Power(0), VECTOR), (nn.Power(3), IMAGE)],
    "ReLU": [(nn.ReLU(), VECTOR)],
    "ReLU6": [(nn.ReLU6(), VECTOR)],
    "ReflectionPad1d": [(nn.ReflectionPad1d(2), SIGNAL)],
    "ReflectionPad2d": [(nn.ReflectionPad2d((1, 2, 0, 1)), IMAGE)],
    "ReplicationPad1d": [(nn.ReplicationPad1d(2), SIGNAL)],
    "ReplicationPad2d": [(nn.ReplicationPad2d((1, 2, 0, -1)), IMAGE)],
    "Reshape": [(nn.Reshape((4, -1)), IMAGE)],
    "SiLU": [(nn.SiLU(), VECTOR)],
    "Sigmoid": [(nn.Sigmoid(), VECTOR)],
    "Slice": [(nn.Slice(1, 1), IMAGE), (nn.Slice(-1, None, 0, -2), SIGNAL)],
    "Softmax": [(nn.Softmax(), VECTOR)],
    "Softplus": [(nn.Softplus(), VECTOR), (nn.Softplus(2, 0.1), VECTOR)],
    "Tanh": [(nn.Tanh(), VECTOR)],
    "Unflatten": [(nn.Unflatten(1, (2, 2)), VECTOR)],
    "Upsample": [
        (nn.Upsample(scale_factor=2), IMAGE),
        (nn.Upsample(scale_factor=2), SIGNAL),
        (nn.Upsample((3, 5)), IMAGE),
        (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), IMAGE),
    ],
    "ZeroPad1d": [(nn.ZeroPad1d((1, 2)), SIGNAL)],
    "ZeroPad2d": [(nn.ZeroPad2d((1, 0, 2, -1)), IMAGE), (nn.ZeroPad2d(1), IMAGE)],
    # containers, and the nodes that join what they run
    "Add": [(nn.Graph({"a": (nn.Sigmoid(), "input"), "sum": (nn.Add(), "a", "input", "a")}), IMAGE)],
    "Concat": [(nn.Concat(nn.Identity(), nn.Conv2d(2, 1, 1, **F64)), IMAGE)],
    "Concatenate": [
        (nn.Graph({"a": (nn.Tanh(), "input"), "both": (nn.Concatenate(), "a", "input")}), VECTOR)
    ],
    "Divide": [(joined(nn.Divide(), nn.Sigmoid()), IMAGE)],
    "Maximum": [(joined(nn.Maximum()), IMAGE)],
    "Minimum": [(joined(nn.Minimum()), SIGNAL)],
    "Multiply": [
        (joined(nn.Multiply()), VECTOR),
        (joined(nn.Multiply(), nn.Mean((2, 3), keepdim=True)), IMAGE),
    ],
    "Subtract": [(joined(nn.Subtract(), nn.Mean(1, keepdim=True)), SIGNAL)],
    "Graph": [(nn.Graph({"a": (nn.ReLU(), "input")}), VECTOR)],
    "Residual": [(nn.Residual(nn.Conv2d(2, 2, 3, padding=1, **F64)), IMAGE)],
    "Sequential": [(nn.Sequential(nn.Sequential(nn.ReLU())), VECTOR)],
}
"""For each class layers to explain, with the shape of an input without its batch axis."""
TARGETS = np.array([[0.2, 0.9], [1, 0.5]])
LOSSES = {
    "BCELoss": [(nn.BCELoss(), TARGETS), (nn.BCELoss(weight=np.array([1.0, 2])), TARGETS)],
    "BCEWithLogitsLoss": [(nn.BCEWithLogitsLoss(), TARGETS)],
    "CrossEntropyLoss": [(nn.CrossEntropyLoss(), [1, 0])],
    "HuberLoss": [(nn.HuberLoss(delta=0.4), TARGETS), (nn.HuberLoss(), TARGETS)],
    "L1Loss": [(nn.L1Loss(), TARGETS), (nn.L1Loss(reduction="sum"), TARGETS)],
    "MSELoss": [(nn.MSELoss(), TARGETS)],
    "NLLLoss": [(nn.NLLLoss(), [1, 0]), (nn.NLLLoss(reduction="sum"), [1, 0])],
    "SmoothL1Loss": [
        (nn.SmoothL1Loss(beta=0.4), TARGETS),
        (nn.SmoothL1Loss(), TARGETS),
        (nn.SmoothL1Loss(beta=0), TARGETS),
    ],
}


def public(kind):
    classes = (getattr(nn, name) for name in nn.__all__)
    return {c.__name__: c for c in classes if isinstance(c, type) and issubclass(c, kind) and c is not kind}


def explained(layer, shape):
    """The explanation of a model with a layer with parameters before this one, and a dense one behind it."""
    first = nn.Linear(shape[-1], shape[-1], **F64)
    features = int(np.prod(layer.output_shape(shape)))
    model = nn.Sequential(first, layer, nn.Flatten(), nn.Linear(features, 2, **F64), seed=0)
    x = np.random.default_rng(1).normal(size=(3, *shape))
    before = model.state_dict()
    explanation = explain(model, nn.CrossEntropyLoss(), x, [0, 1, 1])
    for name, array in model.state_dict().items():
        assert np.array_equal(array, before[name]), name
    return explanation


def test_no_layer_and_no_loss_is_left_out():
    assert set(LAYERS) == set(public(nn.Layer))
    assert set(LOSSES) == set(public(nn.Loss))


def test_every_layer_has_lines_of_its_own():
    general = describe.dispatch(nn.Layer)
    for name, cases in LAYERS.items():
        for layer, _ in cases:
            kinds = {type(node.layer) for node in layer.nodes()}
            assert not [kind for kind in kinds if describe.dispatch(kind) is general], name


def test_every_loss_has_lines_of_its_own():
    general = describe_loss.dispatch(nn.Loss)
    assert not [name for name, kind in public(nn.Loss).items() if describe_loss.dispatch(kind) is general]


@pytest.mark.parametrize(
    ("layer", "shape"), [pytest.param(*case, id=name) for name, cases in LAYERS.items() for case in cases]
)
def test_every_layer_is_explained(layer, shape):
    explanation = explained(layer, shape)
    checks = {step.symbol: step.check for step in explanation if step.check is not None}
    assert not [symbol for symbol, check in checks.items() if check.verdict not in ("ok", "rounding")]
    # The bias before a mean is subtracted has no influence, and its gradient is what rounding leaves.
    hidden = {symbol for symbol, check in checks.items() if check.verdict == "rounding"}
    assert hidden <= {"dL/db1"}
    assert "dL/dZ1" in checks
    text = str(explanation)
    assert "_backward(" not in text
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= WIDTH
    for formula in re.findall(r"^\$\$(.*)\$\$$", explanation._repr_markdown_(), re.MULTILINE):
        assert formula.count("{") == formula.count("}"), formula
        assert not re.search(r"dL/d|sqrt\(|\^\(|<=|>=|(?<!\\)\*|\bvar\d", formula), formula


@pytest.mark.parametrize(
    ("loss", "y"), [pytest.param(*case, id=name) for name, cases in LOSSES.items() for case in cases]
)
@pytest.mark.parametrize("count", [1, 2])
def test_every_loss_is_explained(loss, y, count):
    last = {nn.BCELoss: nn.Sigmoid(), nn.NLLLoss: nn.LogSoftmax()}.get(type(loss), nn.Identity())
    model = nn.Sequential(nn.Linear(3, 2, **F64), last, seed=0)
    x = np.random.default_rng(2).normal(size=(2, 3))
    explanation = explain(model, loss, x[:count], y[:count])
    assert {step.check.verdict for step in explanation if step.check is not None} == {"ok"}
    assert explanation["L"].value == pytest.approx(loss(model(x[:count]), np.asarray(y[:count])))
