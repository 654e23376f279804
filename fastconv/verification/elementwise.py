"""The cases of what has no layer's geometry: activations, softmax and losses."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv import reference
from fastconv.types import Array
from fastconv.verification.case import Case


def activation_cases(x: Array, dy: Array) -> Iterator[Case]:
    """Activations: `terms` counts roundings, the scale the magnitudes that they act on."""

    def output(exact: Array, **_: Any) -> Array:
        return exact

    def largest(exact: Array, input: Array, dim: int) -> Array:
        return np.abs(exact) + np.ptp(input, axis=dim, keepdims=True)

    def row(exact: Array, output: Array, grad_output: Array, dim: int) -> Array:
        return np.broadcast_to(np.abs(grad_output).sum(axis=dim, keepdims=True), exact.shape)

    yield Case("relu", {"input": x}, 1, output)
    yield Case("relu_input", {"output": reference.relu(x), "grad_output": dy}, 1, output)
    yield Case("sigmoid", {"input": x}, 4, output)
    yield Case("sigmoid_input", {"output": reference.sigmoid(x), "grad_output": dy}, 4, _unsigned_sigmoid)
    for dim in (0, 1):
        terms = x.shape[dim] + 8
        for name, scale in (("softmax", output), ("log_softmax", largest)):
            y = getattr(reference, name)(x, dim)
            yield Case(name, {"input": x, "dim": dim}, terms, scale, f"along {dim}")
            gradient = {"output": y, "grad_output": dy, "dim": dim}
            yield Case(f"{name}_input", gradient, terms, row, f"along {dim}")


def _unsigned_sigmoid(exact: Array, output: Array, grad_output: Array) -> Array:
    return np.abs(grad_output)


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
        yield Case("mse_loss" + suffix, {"input": x, "target": y}, 4, total)
