"""Two derivations computed by hand: every number below comes from paper, not from the library."""

import math

import numpy as np
import pytest

from fastconv import nn
from fastconv.explanation import explain


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


def network_a(dtype):
    model = nn.Sequential(
        nn.Conv2d(1, 1, 2, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1, 1, dtype=dtype),
    )
    model[0].weight[...] = [[1, -1], [0, 2]]
    model[0].bias[...] = -0.5
    model[4].weight[...] = 0.5
    model[4].bias[...] = -3.75
    x = np.array([[[[1, 2, 0], [0, 1, 3], [2, 1, 1]]]], dtype)
    return model, nn.BCEWithLogitsLoss(), x, np.array([[1]], dtype)


# Z1[0,1] = 2*1 + 0*(-1) + 1*0 + 3*2 - 0.5 = 7.5 wins the window; Z2 = 0.5 * 7.5 - 3.75 = 0, so that A2 = 1/2.
VALUES_A = {
    "X": [[[[1, 2, 0], [0, 1, 3], [2, 1, 1]]]],
    "W1": [[[[1, -1], [0, 2]]]],
    "b1": [-0.5],
    "Z1": [[[[0.5, 7.5], [0.5, -0.5]]]],
    "A1": [[[[0.5, 7.5], [0.5, 0]]]],
    "P1": [[[[7.5]]]],
    "F": [[7.5]],
    "W2": [[0.5]],
    "b2": [-3.75],
    "Z2": [[0]],
    "A2": [[0.5]],
    "Y": [[1]],
    "L": math.log(2),
    "dL/dA2": [[-2]],
    "dL/dZ2": [[-0.5]],
    "dL/dW2": [[-3.75]],
    "dL/db2": [-0.5],
    "dL/dF": [[-0.25]],
    "dL/dP1": [[[[-0.25]]]],
    "dL/dA1": [[[[0, -0.25], [0, 0]]]],
    "dL/dZ1": [[[[0, -0.25], [0, 0]]]],
    "dL/db1": [-0.25],
    "dL/dW1": [[[[-0.5, 0], [-0.25, -0.75]]]],
    "W1 new": [[[[1.05, -1], [0.025, 2.075]]]],
    # b1 = -0.475, W2 = 0.875, b2 = -3.7; the window's winner is 2*1.05 + 1*0.025 + 3*2.075 - 0.475 = 7.875
    "L new": math.log1p(math.exp(3.7 - 0.875 * 7.875)),
}

FORMULAS_A = [
    "X",
    "W1",
    "b1",
    "Z1 = Conv(X, W1) + b1",
    "A1 = relu(Z1)",
    "P1 = maxpool(A1, 2x2)",
    "F = flatten(P1)",
    "W2",
    "b2",
    "Z2 = W2 F + b2",
    "A2 = sigmoid(Z2)",
    "Y",
    "L = -(Y log A2 + (1 - Y) log(1 - A2))",
    "dL/dA2 = -(Y / A2 - (1 - Y) / (1 - A2))",
    "dL/dZ2 = dL/dA2 * A2 * (1 - A2) = A2 - Y",
    "dL/dW2 = dL/dZ2 F^T = (A2 - Y) F^T",
    "dL/db2 = dL/dZ2 = A2 - Y",
    "dL/dF = W2^T dL/dZ2 = W2^T (A2 - Y)",
    "dL/dP1 = reshape(dL/dF)",
    "dL/dA1 = route(dL/dP1 to the maxima)",
    "dL/dZ1 = dL/dA1 * 1[Z1 > 0]",
    "dL/db1 = sum_{i,j} dL/dZ1[i,j]",
    "dL/dW1 = conv(X, dL/dZ1)",
    "W1 := W1 - eta dL/dW1",
    "L new",
]

SUMS_A = """\
Z1[i,j] = sum_{m,n} X[i+m,j+n] W1[m,n] + b1
Z1[0,0] = 1*1 + 2*(-1) + 0*0 + 1*2 + (-0.5) = 0.5
Z1[0,1] = 2*1 + 0*(-1) + 1*0 + 3*2 + (-0.5) = 7.5
Z1[1,0] = 0*1 + 1*(-1) + 2*0 + 1*2 + (-0.5) = 0.5
Z1[1,1] = 1*1 + 3*(-1) + 1*0 + 1*2 + (-0.5) = -0.5
P1 = max(0.5, 7.5, 0.5, 0) = 7.5
Z2 = 0.5*7.5 + (-3.75) = 0
L = -(1 log 0.5 + 0 log 0.5) = 0.69315
dL/dW1[m,n] = sum_{i,j} X[i+m,j+n] dL/dZ1[i,j]
dL/dW1[0,0] = 1*0 + 2*(-0.25) + 0*0 + 1*0 = -0.5
dL/dW1[0,1] = 2*0 + 0*(-0.25) + 1*0 + 3*0 = 0
dL/dW1[1,0] = 0*0 + 1*(-0.25) + 2*0 + 1*0 = -0.25
dL/dW1[1,1] = 1*0 + 3*(-0.25) + 1*0 + 1*0 = -0.75"""


def network_b(dtype):
    model = nn.Sequential(nn.Linear(3, 2, dtype=dtype), nn.ReLU(), nn.Linear(2, 3, dtype=dtype))
    model[0].weight[...] = [[1, 0, -1], [-1, 1, 1]]
    model[0].bias[...] = [0, 1]
    model[2].weight[...] = [[1, 3], [1, -2], [0, 5]]
    model[2].bias[...] = [0, 0, 2]
    return model, nn.CrossEntropyLoss(), np.array([[3, -1, 1]], dtype), np.array([2])


# Z1 = (3 - 1, -3 - 1 + 1 + 1); the second unit is off. All scores are 2, so that P = 1/3 everywhere.
VALUES_B = {
    "x": [[3, -1, 1]],
    "W1": [[1, 0, -1], [-1, 1, 1]],
    "b1": [0, 1],
    "Z1": [[2, -2]],
    "H": [[2, 0]],
    "W2": [[1, 3], [1, -2], [0, 5]],
    "b2": [0, 0, 2],
    "S": [[2, 2, 2]],
    "P": [[1 / 3, 1 / 3, 1 / 3]],
    "y": [2],
    "L": math.log(3),
    "dL/dS": [[1 / 3, 1 / 3, -2 / 3]],
    "dL/dW2": [[2 / 3, 0], [2 / 3, 0], [-4 / 3, 0]],
    "dL/db2": [1 / 3, 1 / 3, -2 / 3],
    "dL/dH": [[2 / 3, -3]],
    "dL/dZ1": [[2 / 3, 0]],
    "dL/dW1": [[2, -2 / 3, 2 / 3], [0, 0, 0]],
    "dL/db1": [2 / 3, 0],
    "W1 new": [[0.8, 1 / 15, -16 / 15], [-1, 1, 1]],
    # b1 = (-1/15, 1): H = (3*0.8 - 1/15 - 16/15 - 1/15, 0) = (1.2, 0); W2 = (14/15, 14/15, 2/15) in the first
    # column, b2 = (-1/30, -1/30, 2 + 1/15)
    "L new": math.log(2 * math.exp((14 / 15 * 1.2 - 1 / 30) - (2 / 15 * 1.2 + 2 + 1 / 15)) + 1),
}

FORMULAS_B = [
    "x",
    "W1",
    "b1",
    "Z1 = W1 x + b1",
    "H = max(0, Z1)",
    "W2",
    "b2",
    "S = W2 H + b2",
    "P = softmax(S)",
    "y",
    "L = -log P[y]",
    "dL/dS = P - onehot(y)",
    "dL/dW2 = dL/dS H^T",
    "dL/db2 = dL/dS",
    "dL/dH = W2^T dL/dS",
    "dL/dZ1 = dL/dH * 1[Z1 > 0]",
    "dL/dW1 = dL/dZ1 x^T",
    "dL/db1 = dL/dZ1",
    "W1 := W1 - eta dL/dW1",
    "L new",
]

SUMS_B = """\
Z1[0] = 1*3 + 0*(-1) + (-1)*1 = 2
Z1[1] = (-1)*3 + 1*(-1) + 1*1 + 1 = -2
S[0] = 1*2 + 3*0 = 2
S[1] = 1*2 + (-2)*0 = 2
S[2] = 0*2 + 5*0 + 2 = 2
L = -log P[2] = -log 0.33333 = 1.0986"""

CASES = {"A": (network_a, VALUES_A, FORMULAS_A, SUMS_A), "B": (network_b, VALUES_B, FORMULAS_B, SUMS_B)}


@pytest.mark.parametrize("case", CASES)
def test_every_value_is_that_of_the_paper(case, dtype):
    network, values, _, _ = CASES[case]
    explanation = explain(*network(dtype))
    assert [step.symbol for step in explanation] == list(values)
    for step in explanation:
        expected = np.array(values[step.symbol])
        assert step.shape == expected.shape, step.symbol
        rounding = 8 * np.finfo(dtype).eps * max(1, np.abs(expected).max())
        np.testing.assert_allclose(step.value, expected, rtol=0, atol=rounding, err_msg=step.symbol)


@pytest.mark.parametrize("case", CASES)
def test_every_formula_is_in_the_notation_of_the_derivation(case):
    network, _, formulas, _ = CASES[case]
    assert [step.formula for step in explain(*network("float64"))] == formulas


@pytest.mark.parametrize("case", CASES)
def test_every_gradient_agrees_with_central_differences(case, dtype):
    network, *_ = CASES[case]
    for step in explain(*network(dtype)):
        assert (step.check is not None) == step.symbol.startswith("dL/d")
        if step.check is not None:
            assert step.check.verdict == "ok"
            assert (step.check.checked, step.check.kinks) == (step.value.size, 0)
            assert step.error < (1e-6 if dtype == "float32" else 1e-8)
        else:
            assert step.error is None


@pytest.mark.parametrize("case", CASES)
def test_the_text_has_every_formula_and_the_sums_with_their_numbers(case, dtype):
    network, _, formulas, sums = CASES[case]
    text = str(explain(*network(dtype)))
    for line in [*formulas, *sums.splitlines()]:
        assert line in text, line


def test_the_text_of_network_a_begins_like_this():
    text = str(explain(*network_a("float32")))
    assert text.startswith(
        """\
Conv2d -> ReLU -> MaxPool2d -> Flatten -> Linear -> BCEWithLogitsLoss, float32

Forward: from the input to the loss
===================================
An example, and a bias, is a row of the arrays and a column in the formulas.

X: the input                                                                            (1, 1, 3, 3)
    [ 1  2  0 ]
    [ 0  1  3 ]
    [ 2  1  1 ]

W1: the parameter 0.weight                                                              (1, 1, 2, 2)
    [  1  -1 ]
    [  0   2 ]

b1: the parameter 0.bias                                                                        (1,)
    [ -0.5 ]

Z1 = Conv(X, W1) + b1                                                                   (1, 1, 2, 2)
    Z1[i,j] = sum_{m,n} X[i+m,j+n] W1[m,n] + b1
    [  0.5   7.5 ]    Z1[0,0] = 1*1 + 2*(-1) + 0*0 + 1*2 + (-0.5) = 0.5
    [  0.5  -0.5 ]    Z1[0,1] = 2*1 + 0*(-1) + 1*0 + 3*2 + (-0.5) = 7.5
                      Z1[1,0] = 0*1 + 1*(-1) + 2*0 + 1*2 + (-0.5) = 0.5
                      Z1[1,1] = 1*1 + 3*(-1) + 1*0 + 1*2 + (-0.5) = -0.5
"""
    )
