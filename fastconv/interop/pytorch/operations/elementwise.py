"""Operations on each element: of one value, of several, and with fixed numbers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.pytorch.numbers import array_of
from fastconv.interop.pytorch.operations.base import Make, Operation, Value, layer
from fastconv.types import Array


def affine(op: Operation, value: Value, weight: Any = None, bias: Any = None) -> Value:
    """value·weight + bias, with numbers or tensors of the module's; what it trained is trained on."""
    given = {"weight": weight, "bias": bias}
    arrays = {name: _numbers(op, value, number) for name, number in given.items() if number is not None}
    double = str(op.result.dtype) == "torch.float64"
    shapes = {name: array.shape for name, array in arrays.items()}
    made = nn.Affine(**shapes, dtype=np.float64 if double else np.float32)
    for name, array in arrays.items():
        made.parameters()[name][...] = array
        if not getattr(given[name], "requires_grad", False):
            made.freeze(name)
    return op.add(made, value, shape=value.shape)


def _numbers(op: Operation, value: Value, number: Any) -> Array:
    """Fixed numbers that are repeated over the samples."""
    array = array_of(number) if hasattr(number, "dtype") else np.array(float(number))
    if array.ndim == len(value.shape) and array.shape[0] == 1:
        array = array[0]
    if array.ndim and (array.ndim >= len(value.shape) or op.shape != value.shape):
        raise ValueError(
            f"got numbers of shape {array.shape}, needs such as one sample {value.shape[1:]} has"
        )
    return array


def _join(kind: Callable[[], nn.Layer], fixed: Callable[[Operation, Value, Any, bool], Any]) -> Make:
    """A layer of two values, or what `fixed` makes of one and of numbers: first or not."""

    def make(op: Operation) -> Any:
        a, b = op.option("self", "other")
        if op.given.get("rounding_mode") is not None:
            raise ValueError(f"rounding_mode: got {op.given['rounding_mode']!r}, needs None")
        alpha = op.given.get("alpha", 1)
        if not isinstance(b, Value):
            return fixed(op, a, b if alpha == 1 else b * alpha, False)
        b = b if alpha == 1 else affine(op, b, alpha)
        if not isinstance(a, Value):
            return fixed(op, b, a, True)
        if len(a.shape) != len(b.shape):
            raise ValueError(f"got shapes {a.shape} and {b.shape}, needs as many axes in both")
        if tuple(n if m == 1 else m for n, m in zip(a.shape, b.shape, strict=True)) != op.shape:
            raise ValueError(f"got two expanded values, needs one of the whole shape {op.shape}")
        return op.add(kind(), a, b)

    return make


def _plus(op: Operation, value: Value, number: Any, first: bool) -> Any:
    return affine(op, value, bias=number)


def _minus(op: Operation, value: Value, number: Any, first: bool) -> Any:
    return affine(op, value, -1, number) if first else affine(op, value, bias=-number)


def _times(op: Operation, value: Value, number: Any, first: bool) -> Any:
    return affine(op, value, number)


def _over(op: Operation, value: Value, number: Any, first: bool) -> Any:
    if not first:
        return affine(op, value, 1 / number)
    inverse = op.add(nn.Power(-1), value, shape=value.shape)
    return inverse if isinstance(number, int | float) and number == 1 else affine(op, inverse, number)


def _extreme(op: Operation, value: Value, number: Any, first: bool) -> Any:
    raise ValueError("got fixed numbers, needs two values; nn.Hardtanh has fixed limits")


def _reversed(op: Operation) -> Any:
    """other - self."""
    return _join(nn.Subtract, _minus)(
        op._replace(given={**op.given, "self": op.given["other"], "other": op.input})
    )


def _power(exponent: float | None) -> Make:
    def make(op: Operation) -> Any:
        power = op.given["exponent"] if exponent is None else exponent
        if not isinstance(power, int | float):
            raise ValueError("exponent: got a tensor, needs a number")
        return op.add(nn.Power(power), op.input)

    return make


def _dropout(kind: Callable[[float], nn.Layer]) -> Make:
    def make(op: Operation) -> Any:
        p, training = op.option("p", "train")
        if training and p:
            raise ValueError("drops in evaluation, too; training=self.training would fit")
        return op.add(kind(p), op.input)

    return make


def _clamp(op: Operation) -> Any:
    low, high = (op.given.get(name) for name in ("min", "max"))
    if any(not isinstance(limit, int | float | None) for limit in (low, high)):
        raise ValueError("got a tensor as a limit, needs numbers")
    if low == 0 and high is None:
        return op.add(nn.ReLU(), op.input)
    return op.add(
        nn.Hardtanh(-math.inf if low is None else low, math.inf if high is None else high), op.input
    )


def absolute(op: Operation, value: Value) -> Value:
    """|x|, the larger one of x and -x."""
    return op.add(nn.Maximum(), value, affine(op, value, -1), shape=value.shape)


def _exponential(op: Operation) -> Any:
    """exp(x) = σ(x) / σ(-x)."""
    below = op.add(nn.Sigmoid(), affine(op, op.input, -1))
    return op.add(nn.Divide(), op.add(nn.Sigmoid(), op.input), below)


def _mish(op: Operation) -> Any:
    """x · tanh(softplus(x))."""
    return op.add(nn.Multiply(), op.input, op.add(nn.Tanh(), op.add(nn.Softplus(), op.input)))


def _filled(number: float | None) -> Make:
    """One number in place of all of a value's, which are finite: x·0 + number."""
    return lambda op: affine(op, op.input, 0, op.given["fill_value"] if number is None else number)


JOINS: dict[str, Make] = {
    "add": _join(nn.Add, _plus),
    "sub": _join(nn.Subtract, _minus),
    "rsub": _reversed,
    "mul": _join(nn.Multiply, _times),
    "div": _join(nn.Divide, _over),
    "maximum": _join(nn.Maximum, _extreme),
    "minimum": _join(nn.Minimum, _extreme),
}
"""Operations that repeat a value along axes where another has more elements."""


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
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max"), _clamp),
    "mish": _mish,
    "exp": _exponential,
    "abs": lambda op: absolute(op, op.input),
    "zeros_like": _filled(0),
    "ones_like": _filled(1),
    "full_like": _filled(None),
    "dropout": _dropout(nn.Dropout),
    "feature_dropout": _dropout(nn.Dropout2d),
    **JOINS,
    "neg": lambda op: affine(op, op.input, -1),
    "pow": _power(None),
    "square": _power(2),
    "sqrt": _power(0.5),
    "rsqrt": _power(-0.5),
    "reciprocal": _power(-1),
}
