import numpy as np
import pytest

from fastconv import nn
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal

ALONE = {
    "Relu": "ReLU",
    "Sigmoid": "Sigmoid",
    "Tanh": "Tanh",
    "Softplus": "Softplus",
    "HardSwish": "Hardswish",
    "Elu": "ELU",
    "LeakyRelu": "LeakyReLU",
    "Gelu": "GELU",
    "HardSigmoid": "Affine",
}


@pytest.mark.parametrize(("op", "kind"), ALONE.items())
def test_activations(op, kind, tmp_path):
    assert kinds(agrees(model([node(op, "x", "y")]), tmp_path))[0] == kind


@pytest.mark.parametrize(
    ("op", "attributes"),
    [
        ("Elu", {"alpha": 0.5}),
        ("LeakyRelu", {"alpha": 0.3}),
        ("Gelu", {"approximate": "tanh"}),
        ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}),
        ("Selu", {"alpha": 1.5, "gamma": 1.1}),
        ("Celu", {"alpha": 0.7}),
        ("Mish", {}),
        ("Softsign", {}),
        ("Exp", {}),
        ("Abs", {}),
    ],
)
def test_activations_with_settings_and_composed_ones(op, attributes, tmp_path):
    ours = agrees(model([node(op, "x", "y", **attributes)]), tmp_path)
    assert set(ours.parameters()) == set(ours.frozen())


def test_hardsigmoid_as_pytorch_has_it(tmp_path):
    made = model([node("HardSigmoid", "x", "y", alpha=1 / 6, beta=0.5)])
    assert kinds(agrees(made, tmp_path)) == ["Hardsigmoid"]


@pytest.mark.parametrize(
    ("slope", "kind"),
    [((1,), "PReLU"), ((), "PReLU"), ((3, 1, 1), "PReLU"), ((8,), "Residual"), ((3, 8, 8), "Residual")],
)
def test_slopes(slope, kind, tmp_path):
    ours = agrees(model([node("PRelu", "x s", "y")], {"s": draw(*slope)}, opset=16), tmp_path)
    assert kinds(ours)[0] == kind
    assert len(ours.parameters()) > len(ours.frozen())


CLIPS = {
    "ReLU6": {"low": 0, "high": 6},
    "ReLU": {"low": 0},
    "Hardtanh": {"low": -0.5, "high": 0.7},
    "Identity": {},
}


@pytest.mark.parametrize(("kind", "ends"), CLIPS.items())
@pytest.mark.parametrize("opset", [9, 13])
def test_clip(kind, ends, opset, tmp_path):
    if opset < 11:
        names = {"low": "min", "high": "max"}
        clip = node("Clip", "x", "y", **{names[end]: float(number) for end, number in ends.items()})
        made = model([clip], opset=opset)
    else:
        clip = node("Clip", " ".join(["x", *ends]), "y")
        made = model([clip], {end: np.float32(number) for end, number in ends.items()}, opset=opset)
    assert kinds(agrees(made, tmp_path)) == [kind]


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax"])
def test_softmax_over_one_axis_and_before_opset_13_over_all_from_one_on(op, tmp_path):
    assert kinds(agrees(model([node(op, "x", "y", axis=1)]), tmp_path)) == [op]
    old = agrees(model([node(op, "x", "y", axis=1)], opset=11), tmp_path)
    assert kinds(old) == ["Flatten", op, "Unflatten"]
    flat = agrees(model([node(op, "x", "y")], shape=("N", 5), opset=11), tmp_path, 2, 5)
    assert kinds(flat) == [op]
    pixels = agrees(model([node(op, "x", "y")], shape=("N", 5, 1, 1), opset=11), tmp_path, 2, 5, 1, 1)
    assert kinds(pixels) == [op]


@pytest.mark.parametrize("opset", [7, 12, 13])
def test_dropout_is_there_to_train_with(opset, tmp_path):
    new = opset >= 12
    dropout = node("Dropout", "x r" if new else "x", "y", **({} if new else {"ratio": 0.25}))
    ours = agrees(model([dropout], {"r": np.float32(0.25)} if new else {}, opset=opset), tmp_path)
    assert isinstance(ours[0], nn.Dropout)
    assert ours[0].p == 0.25


def test_a_softmax_over_the_batch_is_refused(tmp_path):
    got = refusal(model([node("Softmax", "x", "y", axis=0)]), tmp_path)
    assert (
        got == "load: node 'the Softmax of y' (Softmax): got axis 0, the batch's, needs an axis of a sample"
    )
