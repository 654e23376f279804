"""Every value and gradient of an explanation beside an independent derivation in plain NumPy."""

import numpy as np
import pytest

from fastconv import models, nn
from fastconv.explanation import explain

TOLERANCE = {"float32": 2e-6, "float64": 1e-14}


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


def close(explanation, expected, dtype):
    for symbol, value in expected.items():
        scale = max(1e-3, np.abs(value).max())
        np.testing.assert_allclose(
            explanation[symbol].value, value, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=symbol
        )


def correlate(images, filters):
    """out[n, o, i, j] = sum over c, m, n of images[n, c, i + m, j + n] filters[o, c, m, n]."""
    (count, _, height, width), (many, _, rows, columns) = images.shape, filters.shape
    out = np.zeros((count, many, height - rows + 1, width - columns + 1))
    for i, j in np.ndindex(out.shape[2:]):
        window = images[:, :, i : i + rows, j : j + columns]
        out[:, :, i, j] = np.einsum("ncmk,ocmk->no", window, filters)
    return out


def derivation_cnn(model, x, y):
    """The convolutional network of the derivation, by loops over windows."""
    W1, b1, W2, b2 = (array.astype(np.float64) for array in model.parameters().values())
    X = x.astype(np.float64)
    Z1 = correlate(X, W1) + b1[:, None, None]
    A1 = np.where(Z1 > 0, Z1, 0)
    P1 = np.zeros((*A1.shape[:2], A1.shape[2] // 2, A1.shape[3] // 2))
    winners = np.zeros(A1.shape, dtype=bool)
    for place in np.ndindex(P1.shape):
        n, o, i, j = place
        window = A1[n, o, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        P1[place] = window.max()
        row, column = divmod(int(window.argmax()), 2)
        winners[n, o, 2 * i + row, 2 * j + column] = True
    F = P1.reshape(len(P1), -1)
    Z2 = F @ W2.T + b2
    A2 = 1 / (1 + np.exp(-Z2))
    L = -(y * np.log(A2) + (1 - y) * np.log(1 - A2)).mean()
    dA2 = -(y / A2 - (1 - y) / (1 - A2)) / y.size
    dZ2 = dA2 * A2 * (1 - A2)
    dF = dZ2 @ W2
    dP1 = dF.reshape(P1.shape)
    dA1 = np.where(winners, dP1.repeat(2, axis=2).repeat(2, axis=3), 0)
    dZ1 = dA1 * (Z1 > 0)
    dW1 = correlate(X.transpose(1, 0, 2, 3), dZ1.transpose(1, 0, 2, 3)).transpose(1, 0, 2, 3)
    return {
        "X": X,
        "W1": W1,
        "b1": b1,
        "Z1": Z1,
        "A1": A1,
        "P1": P1,
        "F": F,
        "W2": W2,
        "b2": b2,
        "Z2": Z2,
        "A2": A2,
        "Y": y,
        "L": L,
        "dL/dA2": dA2,
        "dL/dZ2": dZ2,
        "dL/dW2": dZ2.T @ F,
        "dL/db2": dZ2.sum(axis=0),
        "dL/dF": dF,
        "dL/dP1": dP1,
        "dL/dA1": dA1,
        "dL/dZ1": dZ1,
        "dL/db1": dZ1.sum(axis=(0, 2, 3)),
        "dL/dW1": dW1,
        "W1 new": W1 - 0.25 * dW1,
    }


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("filters", [1, 2])
def test_the_convolutional_network_of_the_derivation(count, filters, dtype):
    model = models.derivation_cnn(filters=filters, seed=4, dtype=dtype)
    rng = np.random.default_rng(filters)
    x = rng.normal(size=(count, 1, 6, 6)).astype(dtype)
    y = np.arange(count)[:, None] % 2
    explanation = explain(model, nn.BCEWithLogitsLoss(), x, y, lr=0.25)
    expected = derivation_cnn(model, x, y)
    assert [step.symbol for step in explanation] == [*expected, "L new"]
    close(explanation, expected, dtype)
    assert explanation.ok
    assert explanation["L new"].value < explanation["L"].value


@pytest.mark.parametrize("count", [1, 4])
def test_the_dense_network_of_the_derivation(count, dtype):
    model = models.derivation_mlp(6, 5, 3, seed=1, dtype=dtype)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, 6)).astype(dtype)
    y = np.arange(count) % 3
    explanation = explain(model, nn.CrossEntropyLoss(), x, y, lr=0.25)

    W1, b1, W2, b2 = (array.astype(np.float64) for array in model.parameters().values())
    Z1 = x @ W1.T + b1
    H = np.where(Z1 > 0, Z1, 0)
    S = H @ W2.T + b2
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    dS = (P - np.eye(3)[y]) / count
    dH = dS @ W2
    dZ1 = dH * (Z1 > 0)
    expected = {
        "x": x,
        "W1": W1,
        "b1": b1,
        "Z1": Z1,
        "H": H,
        "W2": W2,
        "b2": b2,
        "S": S,
        "P": P,
        "y": y,
        "L": -np.log(P[np.arange(count), y]).mean(),
        "dL/dS": dS,
        "dL/dW2": dS.T @ H,
        "dL/db2": dS.sum(axis=0),
        "dL/dH": dH,
        "dL/dZ1": dZ1,
        "dL/dW1": dZ1.T @ x,
        "dL/db1": dZ1.sum(axis=0),
        "W1 new": W1 - 0.25 * dZ1.T @ x,
    }
    assert [step.symbol for step in explanation] == [*expected, "L new"]
    close(explanation, expected, dtype)
    assert explanation.ok


def test_values_and_gradients_are_those_of_the_model_itself():
    model = models.lenet5(seed=2)
    x = np.random.default_rng(0).random((2, 1, 28, 28), np.float32)
    y = np.array([3, 1])
    loss = nn.CrossEntropyLoss()
    explanation = explain(model, loss, x, y)
    output, backward = model.forward(x, training=False)
    value, loss_backward = loss.forward(output, y)
    assert np.array_equal(explanation["S"].value, output)
    assert explanation["L"].value == np.float32(value)
    _, gradients = backward(loss_backward(), input_gradient=False)
    symbols = [f"dL/d{kind}{k}" for k in (1, 2, 3, 4, 5) for kind in "Wb"]
    for symbol, gradient in zip(symbols, gradients.values(), strict=True):
        assert np.array_equal(explanation[symbol].value, gradient), symbol


def test_the_loss_falls_by_what_the_gradient_says():
    model = models.derivation_cnn(filters=2, seed=4, dtype="float64")
    x = np.random.default_rng(1).normal(size=(2, 1, 6, 6))
    explanation = explain(model, nn.BCEWithLogitsLoss(), x, [[0], [1]], lr=1e-6)
    squares = sum((explanation[f"dL/d{p}"].value ** 2).sum() for p in ("W1", "b1", "W2", "b2"))
    fall = explanation["L"].value - explanation["L new"].value
    assert fall == pytest.approx(1e-6 * squares, rel=1e-4)


def test_the_model_is_left_as_it_was():
    model = models.derivation_cnn(seed=0)
    before = model.state_dict()
    explain(model, nn.BCEWithLogitsLoss(), np.ones((1, 1, 6, 6), np.float32), 1)
    assert all(np.array_equal(before[name], array) for name, array in model.parameters().items())
