"""Normalisation beside an independent derivation in plain NumPy, after Ioffe and Szegedy's paper."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.explanation import explain

F64 = {"dtype": "float64"}


def network(*layers, features):
    model = nn.Sequential(
        nn.Conv2d(1, 4, 2, **F64), *layers, nn.Flatten(), nn.Linear(features, 2, **F64), seed=0
    )
    rng = np.random.default_rng(3)
    for array in layers[0].parameters().values():
        array[...] = rng.normal(size=array.shape)
    return model, rng.normal(size=(2, 1, 3, 3))


def derived(Z1, G, gamma, axes, eps=1e-5):
    """Mean, variance, x-hat and dL/d of each from dL/dy = G, by the chain rule of the paper's section 3."""
    m = np.prod([Z1.shape[axis] for axis in axes])
    mu = Z1.mean(axis=axes, keepdims=True)
    var = ((Z1 - mu) ** 2).sum(axis=axes, keepdims=True) / m
    xhat = (Z1 - mu) / np.sqrt(var + eps)
    dxhat = G * gamma
    dvar = (dxhat * (Z1 - mu)).sum(axis=axes, keepdims=True) * -0.5 * (var + eps) ** -1.5
    dmu = (dxhat * -1 / np.sqrt(var + eps)).sum(axis=axes, keepdims=True)
    dmu = dmu + dvar * (-2 * (Z1 - mu)).sum(axis=axes, keepdims=True) / m
    dZ1 = dxhat / np.sqrt(var + eps) + dvar * 2 * (Z1 - mu) / m + dmu / m
    return {
        "mu2": mu,
        "var2": var,
        "xhat2": xhat,
        "dL/dxhat2": dxhat,
        "dL/dvar2": dvar,
        "dL/dmu2": dmu,
        "dL/dZ1": dZ1,
    }


def test_batch_norm():
    layer = nn.BatchNorm2d(4, **F64)
    model, x = network(layer, features=16)
    state = model.state_dict()
    explanation = explain(model, nn.CrossEntropyLoss(), x, [0, 1])
    assert explanation.ok
    gamma = layer.weight[:, None, None]
    expected = derived(explanation["Z1"].value, explanation["dL/dZ2"].value, gamma, (0, 2, 3))
    for symbol, value in expected.items():
        found = explanation[symbol]
        np.testing.assert_allclose(found.value.ravel(), value.ravel(), rtol=0, atol=1e-12, err_msg=symbol)
        assert found.check is None or found.check.verdict == "ok", symbol
    xhat, G = explanation["xhat2"].value, explanation["dL/dZ2"].value
    np.testing.assert_allclose(explanation["Z2"].value, gamma * xhat + layer.bias[:, None, None], atol=1e-12)
    np.testing.assert_allclose(explanation["dL/dgamma2"].value, (G * xhat).sum(axis=(0, 2, 3)), atol=1e-12)
    np.testing.assert_allclose(explanation["dL/dbeta2"].value, G.sum(axis=(0, 2, 3)), atol=1e-12)
    assert explanation["mu2"].shape == explanation["var2"].shape == (4,)
    assert all(np.array_equal(array, state[name]) for name, array in model.state_dict().items())


def test_batch_norm_is_written_as_in_the_paper():
    model, x = network(nn.BatchNorm2d(4, **F64), features=16)
    steps = explain(model, nn.CrossEntropyLoss(), x, [0, 1]).steps
    first = next(k for k, step in enumerate(steps) if step.symbol == "mu2")
    assert [step.formula for step in steps[first : first + 4]] == [
        "mu2 = mean(Z1)",
        "var2 = mean((Z1 - mu2)^2)",
        "xhat2 = (Z1 - mu2) / sqrt(var2 + eps)",
        "Z2 = gamma2 * xhat2 + beta2",
    ]
    first = next(k for k, step in enumerate(steps) if step.symbol == "dL/dgamma2")
    assert [step.formula for step in steps[first : first + 6]] == [
        "dL/dgamma2 = sum(dL/dZ2 * xhat2)",
        "dL/dbeta2 = sum(dL/dZ2)",
        "dL/dxhat2 = dL/dZ2 * gamma2",
        "dL/dvar2 = -1/2 sum(dL/dxhat2 * (Z1 - mu2)) / (var2 + eps)^(3/2)",
        "dL/dmu2 = -sum(dL/dxhat2) / sqrt(var2 + eps) - 2 dL/dvar2 * mean(Z1 - mu2)",
        "dL/dZ1 = dL/dxhat2 / sqrt(var2 + eps) + dL/dvar2 * 2 (Z1 - mu2) / m + dL/dmu2 / m",
    ]


@pytest.mark.parametrize(
    ("layer", "grouped", "shape"),
    [
        (nn.InstanceNorm2d(4, affine=True, **F64), (2, 4, 1, 2, 2), (2, 4)),
        (nn.GroupNorm(2, 4, **F64), (2, 2, 2, 2, 2), (2, 2)),
        (nn.GroupNorm(1, 4, **F64), (2, 1, 4, 2, 2), (2, 1)),
    ],
    ids=["instance norm", "group norm", "one group"],
)
def test_norms_of_each_example(layer, grouped, shape):
    model, x = network(layer, features=16)
    explanation = explain(model, nn.CrossEntropyLoss(), x, [0, 1])
    assert explanation.ok
    gamma = np.broadcast_to(layer.weight[:, None, None], (2, 4, 2, 2)).reshape(grouped)
    values = (explanation[symbol].value.reshape(grouped) for symbol in ("Z1", "dL/dZ2"))
    for symbol, value in derived(*values, gamma, (2, 3, 4)).items():
        found = explanation[symbol].value
        np.testing.assert_allclose(found.ravel(), value.ravel(), rtol=0, atol=1e-12, err_msg=symbol)
    assert explanation["mu2"].shape == shape


def test_layer_norm():
    layer = nn.LayerNorm(4, **F64)
    model = nn.Sequential(nn.Linear(3, 4, **F64), layer, nn.Linear(4, 2, **F64), seed=0)
    layer.weight[...] = [1, 2, -1, 0.5]
    x = np.random.default_rng(0).normal(size=(3, 3))
    explanation = explain(model, nn.CrossEntropyLoss(), x, [0, 1, 1])
    assert explanation.ok
    values = (explanation[symbol].value for symbol in ("Z1", "dL/dZ2"))
    for symbol, value in derived(*values, layer.weight, (1,)).items():
        np.testing.assert_allclose(explanation[symbol].value, value, rtol=0, atol=1e-12, err_msg=symbol)
    assert explanation["mu2"].shape == (3, 1)


def test_without_parameters_x_hat_is_the_output():
    model, x = network(nn.BatchNorm2d(4, affine=False, **F64), features=16)
    explanation = explain(model, nn.CrossEntropyLoss(), x, [0, 1])
    assert explanation.ok
    assert explanation["xhat1"].formula == "xhat1 = (Z1 - mu1) / sqrt(var1 + eps)"
    assert explanation["dL/dxhat1"].formula == "dL/dxhat1 = reshape(dL/dF)"
    assert explanation["dL/dvar1"].check.verdict == "ok"


def test_the_new_loss_is_that_of_training():
    model, x = network(nn.BatchNorm2d(4, **F64), features=16)
    explanation = explain(model, nn.CrossEntropyLoss(), x, [0, 1], lr=1e-6)
    squares = sum(
        (explanation[f"dL/d{symbol}"].value ** 2).sum()
        for symbol in ("W1", "b1", "gamma2", "beta2", "W3", "b3")
    )
    fall = explanation["L"].value - explanation["L new"].value
    assert fall == pytest.approx(1e-6 * squares, rel=1e-4)


def test_a_batch_norm_of_constant_planes_has_right_gradients():
    model, x = network(nn.BatchNorm2d(4, **F64), features=16)
    explanation = explain(model, nn.CrossEntropyLoss(), np.zeros_like(x), [0, 1])
    assert explanation["var2"].value == pytest.approx(np.zeros(4))
    assert explanation.ok


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [2, 5])
def test_the_bias_before_a_norm_has_no_gradient_but_rounding(dtype, count):
    """In batches of two x-hat is nearly 1 and -1 whatever x is, and all gradients behind it are nearly 0."""
    layers = [nn.Linear(6, 6, dtype=dtype), nn.BatchNorm1d(6, dtype=dtype), nn.ReLU()]
    layers += [nn.Linear(6, 6, dtype=dtype), nn.BatchNorm1d(6, dtype=dtype), nn.Linear(6, 2, dtype=dtype)]
    x = np.random.default_rng(5).normal(size=(count, 6)).astype(dtype)
    explanation = explain(nn.Sequential(*layers, seed=1), nn.MSELoss(), x, np.ones((count, 2)))
    assert explanation.ok
    assert {explanation[f"dL/db{k}"].check.verdict for k in (1, 3)} == {"rounding"}
    assert {explanation[f"dL/d{symbol}"].check.verdict for symbol in ("W5", "gamma4", "beta4")} == {"ok"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_gradient_of_a_norm_is_seen(dtype):
    class Wrong(nn.BatchNorm1d):
        """Forgets that the variance depends on x."""

        def forward(self, x, training=True):
            y, back = super().forward(x, training)

            def backward(dy, input_gradient=True):
                _, gradients = back(dy, input_gradient)
                dz = dy * self.weight
                return (dz - dz.mean(axis=0)) / np.sqrt(x.var(axis=0) + self.eps), gradients

            return y, backward

    layers = nn.Linear(3, 4, dtype=dtype), Wrong(4, dtype=dtype), nn.Linear(4, 2, dtype=dtype)
    x = np.random.default_rng(5).normal(size=(4, 3)).astype(dtype)
    explanation = explain(nn.Sequential(*layers, seed=1), nn.MSELoss(), x, np.ones((4, 2)))
    assert explanation["dL/dZ1"].check.verdict == explanation["dL/dW1"].check.verdict == "differs"


def test_one_value_a_channel_is_the_layers_own_error():
    model = nn.Sequential(nn.Linear(3, 2, **F64), nn.BatchNorm1d(2, **F64))
    with pytest.raises(
        ValueError, match=r"in 1 \(BatchNorm1d\): x: got shape \(1, 2\), needs more than one value"
    ):
        explain(model, nn.MSELoss(), [1, 2, 3], [0, 1])
