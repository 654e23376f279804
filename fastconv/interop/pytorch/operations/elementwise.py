"""Operations on each element: of one value, of several, and with fixed numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.pytorch.numbers import array_of
from fastconv.interop.pytorch.operations.base import Make, Operation, Value, layer
from fastconv.types import Array


def _affine(op: Operation, value: Value, weight: Any = None, bias: Any = None) -> Value:
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
    return op.add(made, value)


def _numbers(op: Operation, value: Value, number: Any) -> Array:
    """Fixed numbers that are repeated over the samples."""
    array = array_of(number) if hasattr(number, "dtype") else np.array(float(number))
    if array.ndim == len(value.shape) and array.shape[0] == 1:
        array = array[0]
    if array.ndim >= len(value.shape) or op.shape != value.shape:
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
        b = b if alpha == 1 else _affine(op, b, alpha)
        if not isinstance(a, Value):
            return fixed(op, b, a, True)
        if len(a.shape) != len(b.shape):
            raise ValueError(f"got shapes {a.shape} and {b.shape}, needs as many axes in both")
        return op.add(kind(), a, b)

    return make


def _plus(op: Operation, value: Value, number: Any, first: bool) -> Any:
    return _affine(op, value, bias=number)


def _minus(op: Operation, value: Value, number: Any, first: bool) -> Any:
    return _affine(op, value, -1, number) if first else _affine(op, value, bias=-number)


def _times(op: Operation, value: Value, number: Any, first: bool) -> Any:
    return _affine(op, value, number)


def _over(op: Operation, value: Value, number: Any, first: bool) -> Any:
    if not first:
        return _affine(op, value, 1 / number)
    inverse = op.add(nn.Power(-1), value, shape=value.shape)
    return inverse if isinstance(number, int | float) and number == 1 else _affine(op, inverse, number)


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
    low, high = op.option("min", "max")
    if low == 0 and high is None:
        return op.add(nn.ReLU(), op.input)
    if low is None or high is None:
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
    "dropout": _dropout(nn.Dropout),
    "feature_dropout": _dropout(nn.Dropout2d),
    "add": _join(nn.Add, _plus),
    "sub": _join(nn.Subtract, _minus),
    "rsub": _reversed,
    "mul": _join(nn.Multiply, _times),
    "div": _join(nn.Divide, _over),
    "maximum": _join(nn.Maximum, _extreme),
    "minimum": _join(nn.Minimum, _extreme),
    "neg": lambda op: _affine(op, op.input, -1),
    "pow": _power(None),
    "square": _power(2),
    "sqrt": _power(0.5),
    "rsqrt": _power(-0.5),
    "reciprocal": _power(-1),
}
