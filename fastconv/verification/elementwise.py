"""The cases of what has no layer's geometry: activations, softmax and losses."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv import reference
from fastconv.types import Array
from fastconv.verification.case import Case

_ELEMENTWISE: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("relu", 1, {}),
    ("leaky_relu", 1, {"negative_slope": 0.1}),
    ("elu", 4, {"alpha": 0.7}),
    ("gelu", 4, {"approximate": "none"}),
    ("gelu", 4, {"approximate": "tanh"}),
    ("silu", 5, {}),
    ("sigmoid", 4, {}),
    ("tanh", 4, {}),
    ("softplus", 6, {"beta": 1.5, "threshold": 2.0}),
    ("hardswish", 3, {}),
    ("hardsigmoid", 2, {}),
    ("hardtanh", 1, {"min_val": -0.5, "max_val": 0.75}),
    ("relu6", 1, {}),
)
"""Activations, the roundings of a result, and options."""
_BY_OUTPUT = "relu", "sigmoid", "tanh"
"""Those whose gradient takes the output."""


def activation_cases(x: Array, dy: Array) -> Iterator[Case]:
    """Activations: `terms` counts roundings, the scale the magnitudes that they act on."""

    def output(exact: Array, **_: Any) -> Array:
        return exact

    def largest(exact: Array, input: Array, dim: int) -> Array:
        return np.abs(exact) + np.ptp(input, axis=dim, keepdims=True)

    def row(exact: Array, output: Array, grad_output: Array, dim: int) -> Array:
        return np.broadcast_to(np.abs(grad_output).sum(axis=dim, keepdims=True), exact.shape)

    for name, terms, options in _ELEMENTWISE:
        label = ", ".join(map(str, options.values()))
        act_on = _of_input if name == "gelu" else output
        yield Case(name, {"input": x, **options}, terms, act_on, label)
        given = {"output": getattr(reference, name)(x)} if name in _BY_OUTPUT else {"input": x}
        gradient = {**given, "grad_output": dy, **options}
        yield Case(f"{name}_input", gradient, terms, _of_gradient, label)
    for weight in (x[0, :1], x[0]):
        label = f"of {weight.size} slopes"
        yield Case("prelu", {"input": x, "weight": weight}, 1, output, label)
        gradient = {"input": x, "weight": weight, "grad_output": dy}
        yield Case("prelu_input", gradient, 1, output, label)
        yield Case("prelu_weight", gradient, x.size // weight.size, _of_weight, label)
    for dim in (0, 1):
        terms = x.shape[dim] + 8
        for name, scale in (("softmax", output), ("log_softmax", largest)):
            y = getattr(reference, name)(x, dim)
            yield Case(name, {"input": x, "dim": dim}, terms, scale, f"along {dim}")
            gradient = {"output": y, "grad_output": dy, "dim": dim}
            yield Case(f"{name}_input", gradient, terms, row, f"along {dim}")


def _of_input(exact: Array, input: Array, **_: Any) -> Array:
    return np.abs(input)


def _of_gradient(exact: Array, grad_output: Array, **_: Any) -> Array:
    return np.abs(grad_output)


def _of_weight(exact: Array, input: Array, weight: Array, grad_output: Array) -> Array:
    return reference.prelu_weight(-np.abs(input), weight, np.abs(grad_output))


_DISTANCES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mse_loss", {}),
    ("l1_loss", {}),
    ("smooth_l1_loss", {"beta": 0.7}),
    ("huber_loss", {"delta": 1.5}),
)


def loss_cases(x: Array, labels: Array, y: Array) -> Iterator[Case]:
    """Losses are computed in float64 and rounded once."""

    def total(exact: Array, **_: Any) -> Array:
        return np.abs(exact) + 1

    yes = (y > 0).astype(x.dtype)
    for suffix in ("", "_input"):
        yield Case("cross_entropy" + suffix, {"input": x, "target": labels}, 4, total)
        yield Case(
            "cross_entropy" + suffix, {"input": x, "target": reference.softmax(y, 1)}, 4, total, "soft"
        )
        yield Case("binary_cross_entropy_with_logits" + suffix, {"input": x, "target": yes}, 4, total)
        for name, options in _DISTANCES:
            yield Case(name + suffix, {"input": x, "target": y, **options}, 4, total)
        yield Case("nll_loss" + suffix, {"input": x, "target": labels}, 4, total)
        probabilities = {"input": reference.sigmoid(x), "target": yes}
        yield Case("binary_cross_entropy" + suffix, probabilities, 4, total)
