"""Models that are no chain: values that several layers read, and layers that are used several times."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.explanation import explain

F64 = {"dtype": "float64"}


class Wrong(nn.Layer):
    """y = x^2, with a gradient that is wrong by a factor."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x, training=True):
        return x**2, lambda dy, input_gradient=True: (2 * x * dy * self.factor, {})


def linear(weight, bias=None):
    layer = nn.Linear(len(weight[0]), len(weight), bias=bias is not None, **F64)
    layer.weight[...] = weight
    if bias is not None:
        layer.bias[...] = bias
    return layer


def symbols(explanation, part):
    return [step.symbol for step in explanation if step.part == part]


def test_a_residual_block_by_hand():
    """Z1 = 2 * 3 = 6, Z2 = 0.5 * 6 = 3, R2 = 3 + 6 = 9, L = (9 - 8)^2 = 1, dL/dR2 = 2 * (9 - 8) = 2."""
    model = nn.Sequential(linear([[2]]), nn.Residual(linear([[0.5]])))
    explanation = explain(model, nn.MSELoss(), [3], 8)
    assert explanation.title == "Linear, Linear, Add, MSELoss, float64"
    assert symbols(explanation, "forward") == ["x", "W1", "Z1", "W2", "Z2", "R2", "Y", "L"]
    assert explanation["R2"].formula == "R2 = Z2 + Z1"
    backward = [step for step in explanation if step.part == "backward"]
    assert [(step.formula, step.value.ravel().tolist()) for step in backward] == [
        ("dL/dR2 = 2 * (R2 - Y)", [2]),
        ("dL/dZ2 = dL/dR2", [2]),
        ("dL/dZ1 (way 1) = dL/dR2", [2]),
        ("dL/dW2 = dL/dZ2 Z1^T", [12]),
        ("dL/dZ1 (way 2) = W2^T dL/dZ2", [1]),
        ("dL/dZ1 = dL/dZ1 (way 1) + dL/dZ1 (way 2)", [3]),
        ("dL/dW1 = dL/dZ1 x^T", [9]),
    ]
    assert {step.check.verdict for step in backward} == {"ok"}
    assert explanation["dL/dZ1"].line.terms == ("dL/dZ1 = 2 + 1 = 3",)
    assert [explanation[f"dL/dZ1 (way {k})"].line.note for k in (1, 2)] == ["through R2", "through Z2"]
    # W1 = 2 - 0.1 * 9 = 1.1, W2 = 0.5 - 0.1 * 12 = -0.7: R2 = 3.3 - 2.31 = 0.99
    assert explanation["L new"].value == pytest.approx((0.99 - 8) ** 2)
    assert "dL/dZ1 (way 1) = dL/dR2" in str(explanation)
    assert r"\frac{\partial L}{\partial Z_{1}} (\text{ way } 1)" in explanation._repr_markdown_()


def test_a_layer_used_twice_by_hand():
    """Z1 = 2 * 3 = 6, Z1' = 2 * 6 = 12, L = (12 - 10)^2: dL/dW1 = 4 * 6 at its last use, 8 * 3 before."""
    shared = linear([[2]])
    explanation = explain(nn.Sequential(shared, shared), nn.MSELoss(), [3], 10)
    assert symbols(explanation, "forward") == ["x", "W1", "Z1", "Z1'", "Y", "L"]
    assert explanation["W1"].line.note == "the parameter 0.weight"
    assert [step.symbol for step in explanation if step.part == "backward"] == [
        "dL/dZ1'",
        "dL/dW1 (way 1)",
        "dL/dZ1",
        "dL/dW1 (way 2)",
        "dL/dW1",
    ]
    assert explanation["dL/dW1 (way 1)"].value.item() == 24
    assert explanation["dL/dW1 (way 1)"].line.note == "as W1 is used in Z1'"
    assert explanation["dL/dW1"].line.terms == ("dL/dW1 = 24 + 24 = 48",)
    assert explanation["W1 new"].value.item() == pytest.approx(2 - 4.8)
    assert all(step.check.verdict == "ok" for step in explanation if step.check)


def test_what_is_put_together_is_taken_apart():
    model = nn.Sequential(
        linear([[1, 0], [0, 1]]),
        nn.Concat(nn.Identity(), nn.ReLU(), linear([[1, 1]])),
        linear([[1, 2, 3, 4, 5]]),
    )
    explanation = explain(model, nn.MSELoss(), [1, -2], 0)
    assert explanation["C2"].formula == "C2 = concat(Z1', H, Z2)"
    assert explanation["C2"].value.tolist() == [[1, -2, 1, 0, -1]]
    assert explanation["C2"].line.note == "along axis 1"
    # Z3 = 1 - 4 + 3 - 5 = -5
    assert explanation["dL/dC2"].value.tolist() == [[-10, -20, -30, -40, -50]]
    assert explanation["dL/dH"].formula == "dL/dH = part(dL/dC2 of H)"
    assert explanation["dL/dH"].line.note == "entries 2 to 3 along axis 1"
    assert explanation["dL/dZ2"].line.note == "entry 4 along axis 1"
    assert [explanation[f"dL/dZ1 (way {k})"].value.tolist() for k in (1, 2, 3)] == [
        [[-50, -50]],
        [[-30, 0]],
        [[-10, -20]],
    ]
    assert explanation["dL/dZ1"].value.tolist() == [[-90, -70]]
    assert explanation.ok


def graph(*, factor=1.0):
    return nn.Graph(
        {
            "a": (nn.Linear(3, 4, **F64), "input"),
            "wrong": (Wrong(factor), "a"),
            "right": (nn.Sigmoid(), "a"),
            "sum": (nn.Add(), "wrong", "right", "a", "a"),
            "both": (nn.Concatenate(), "sum", "a"),
            "end": (nn.Linear(8, 2, **F64), "both"),
        },
        seed=0,
    )


@pytest.mark.parametrize("factor", [1, 1.01])
def test_a_wrong_gradient_is_seen_on_its_way_and_behind_it(factor):
    explanation = explain(graph(factor=factor), nn.CrossEntropyLoss(), [[1, 2, 3], [0, 1, -1]], [0, 1])
    differing = {step.symbol for step in explanation if step.check and step.check.verdict != "ok"}
    expected = {"dL/dZ1 (way 5)", "dL/dZ1", "dL/dW1", "dL/db1"} if factor != 1 else set()
    assert differing == expected
    through = {k: explanation[f"dL/dZ1 (way {k})"].line.note for k in range(1, 6)}
    assert [note.split(";")[0] for note in through.values()] == [
        "through C1",
        "through R1",
        "through R1",
        "through H",
        "through A1",
    ]


def test_the_gradients_are_those_of_the_model():
    shared = nn.Linear(4, 4, seed=1, **F64)
    model = nn.Sequential(
        nn.Linear(3, 4, seed=2, **F64),
        nn.Residual(nn.Sequential(shared, nn.Sigmoid(), nn.Residual(shared))),
        nn.Residual(shared, nn.Linear(4, 4, seed=3, **F64)),
    )
    x, y = np.random.default_rng(0).normal(size=(3, 3)), np.zeros((3, 4))
    explanation = explain(model, nn.MSELoss(), x, y)
    assert explanation.ok
    output, backward = model.forward(x)
    _, gradients = backward(nn.MSELoss().forward(output, y)[1](), input_gradient=False)
    steps = {step.line.note: step.symbol for step in explanation if "the parameter" in step.line.note}
    assert set(steps) == {f"the parameter {name}" for name in model.parameters()}
    for name, gradient in gradients.items():
        found = explanation[f"dL/d{steps[f'the parameter {name}']}"].value
        np.testing.assert_allclose(found, gradient, rtol=1e-12, err_msg=name)


def test_arrays_that_two_layers_share_move_once_and_by_both_gradients():
    first, second = linear([[2]]), linear([[1]])
    second._parameters["weight"] = first.weight
    explanation = explain(nn.Sequential(first, second), nn.MSELoss(), [3], 10)
    assert explanation.ok
    assert [explanation[f"dL/dW{k}"].value.item() for k in (1, 2)] == [24, 24]
    assert explanation["W1 new"].value.item() == pytest.approx(2 - 4.8)


def test_a_kink_on_one_way_is_a_kink_of_the_sum():
    model = nn.Sequential(linear([[1, -1], [1, 1]]), nn.Residual(nn.ReLU()), linear([[1, 2]]))
    explanation = explain(model, nn.MSELoss(), [1, 1], 0)  # Z1 = (0, 2)
    counts = {symbol: explanation[symbol].check.kinks for symbol in symbols(explanation, "backward")}
    assert counts["dL/dZ1 (way 1)"] == 0
    assert counts["dL/dZ1 (way 2)"] == counts["dL/dZ1"] == 1
    assert explanation.ok


def test_a_frozen_layer_is_derived_like_any_other():
    model = nn.Sequential(linear([[2]]), nn.Residual(linear([[0.5]])))
    free = [(step.formula, step.value.tolist()) for step in explain(model, nn.MSELoss(), [3], 8)]
    model.freeze("1")
    assert [(step.formula, step.value.tolist()) for step in explain(model, nn.MSELoss(), [3], 8)] == free
    assert model.frozen() == ["1.body.weight"]
