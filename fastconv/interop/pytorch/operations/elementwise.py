"""Operations on each element, and the sums of values."""

from collections.abc import Callable
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.operations.base import Make, Operation, Value, layer


def _join(kind: Callable[[], nn.Layer]) -> Make:
    """A layer of two inputs of one shape."""

    def make(op: Operation) -> Any:
        a, b = op.option("self", "other")
        if op.given.get("alpha", 1) != 1:
            raise ValueError(f"alpha: got {op.given['alpha']}, needs 1")
        if not (isinstance(a, Value) and isinstance(b, Value)):
            raise ValueError("got a number beside a value, needs two values")
        if a.shape != b.shape:
            raise ValueError(f"got {a.shape[1:]} and {b.shape[1:]}, needs inputs of one shape")
        return op.add(kind(), a, b)

    return make


def _clamp(op: Operation) -> Any:
    low, high = op.option("min", "max")
    if low is None or high is None:
        if low == 0:
            return op.add(nn.ReLU(), op.input)
        raise ValueError(f"got min={low}, max={high}, needs both; nn.Hardtanh would fit")
    return op.add(nn.Hardtanh(low, high), op.input)


ELEMENTWISE: dict[str, Make] = {
    "relu": layer(nn.ReLU),
    "relu6": layer(nn.ReLU6),
    "hardtanh": layer(nn.Hardtanh, "min_val", "max_val"),
    "leaky_relu": layer(nn.LeakyReLU, "negative_slope"),
    "elu": layer(nn.ELU, "alpha"),
    "gelu": layer(nn.GELU, "approximate"),
    "silu": layer(nn.SiLU),
    "sigmoid": layer(nn.Sigmoid),
    "tanh": layer(nn.Tanh),
    "softplus": layer(nn.Softplus, "beta", "threshold"),
    "hardswish": layer(nn.Hardswish),
    "hardsigmoid": layer(nn.Hardsigmoid),
    "softmax": layer(nn.Softmax, "dim"),
    "log_softmax": layer(nn.LogSoftmax, "dim"),
    "clamp": _clamp,
    "dropout": layer(nn.Dropout, "p"),
    "feature_dropout": layer(nn.Dropout2d, "p"),
    "add": _join(nn.Add),
}
