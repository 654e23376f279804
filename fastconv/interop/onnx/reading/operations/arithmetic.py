"""Sums, differences, products, quotients, powers: of two data a join, with a constant a layer."""

from collections.abc import Callable

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, Made, fill, frozen
from fastconv.interop.onnx.reading.operations import patterns
from fastconv.interop.onnx.reading.operations.activations import sample_shape, times
from fastconv.interop.onnx.reading.operations.shapes import reshaped
from fastconv.interop.onnx.reading.values import Constant, Data
from fastconv.types import Array

BIASED = nn.Linear, nn.Conv1d, nn.Conv2d
"""Layers that may have a bias, one number for each output."""


def add(call: Call) -> Data:
    """x + y; a constant becomes the bias of a layer before it that has none."""
    if not isinstance(given := _split(call), tuple):
        return joined(call, nn.Add(), given)
    x, constant, _ = given
    return _shifted(call, x, constant)


def subtract(call: Call) -> Data:
    """x - y."""
    if not isinstance(given := _split(call), tuple):
        return joined(call, nn.Subtract(), given)
    x, constant, first = given
    if first:
        return _shifted(call, x, -constant)
    return _shifted(call, patterns.scaled(call, x, -1), constant)


def multiply(call: Call) -> Data:
    """x · y."""
    if not isinstance(given := _split(call), tuple):
        return patterns.product(call, *given) or joined(call, nn.Multiply(), given)
    x, constant, _ = given
    return _scaled(call, x, constant)


def divide(call: Call) -> Data:
    """x / y."""
    if not isinstance(given := _split(call), tuple):
        return joined(call, nn.Divide(), given)
    x, constant, first = given
    if not first:
        return _scaled(call, call.add(nn.Power(-1.0), x), constant)
    with np.errstate(all="ignore"):
        return _scaled(call, x, 1 / constant)


def power(call: Call) -> Data:
    """x to a constant power."""
    return call.add(nn.Power(call.scalar(1, 1.0)), call.data())


def powered(exponent: float) -> Callable[[Call], Data]:
    """The reader of an operation that is one power."""
    return lambda call: call.add(nn.Power(exponent), call.data())


def negative(call: Call) -> Data:
    """-x, element by element."""
    return patterns.scaled(call, call.data(), -1)


def total(call: Call) -> Data:
    """The sum of any number of data and constants."""
    data = [value for value in call.inputs if isinstance(value, Data)]
    x = joined(call, nn.Add(), data) if len(data) > 1 else data[0]
    for index, value in enumerate(call.inputs):
        if isinstance(value, Constant):
            x = _shifted(call, x, _constant(call, index, x))
    return x


def mean(call: Call) -> Data:
    """The mean of any number of data and constants."""
    return call.add(times(call, 1 / len(call.inputs)), total(call))


def extreme(kind: Callable[[], nn.Layer], sign: int) -> Callable[[Call], Data]:
    """The reader of Max (sign 1) or Min (-1) of data and constants c: max(x, c) = max(x - c, 0) + c."""

    def read(call: Call) -> Data:
        data = [value for value in call.inputs if isinstance(value, Data)]
        x = joined(call, kind(), data) if len(data) > 1 else data[0]
        for index, value in enumerate(call.inputs):
            if isinstance(value, Constant):
                constant = _constant(call, index, x)
                if constant.ndim == 0:
                    x = call.add(_limit(sign, float(constant)), x)
                else:
                    x = call.add(_limit(sign, 0), _shifted(call, x, -constant))
                    x = _shifted(call, x, constant)
        return x

    return read


def _limit(sign: int, number: float) -> nn.Layer:
    """The layer of max(x, number), or of min(x, number) for sign -1."""
    if sign < 0:
        return nn.Hardtanh(-np.inf, number)
    return nn.Hardtanh(number, np.inf) if number else nn.ReLU()


def _split(call: Call) -> tuple[Data, Array, bool] | list[Data]:
    """The data, the constant, and whether the data is first; or both data."""
    if len(call.inputs) != 2:
        raise call.refuse(f"{len(call.inputs)} inputs", "2")
    first = isinstance(call.inputs[0], Data)
    if first and isinstance(call.inputs[1], Data):
        return [call.data(0), call.data(1)]
    x = call.data(0 if first else 1)
    return x, _constant(call, int(first), x), first


def _constant(call: Call, index: int, x: Data) -> Array:
    """A constant as it fits one sample; before opset 7 it may say where its first axis lies."""
    array = call.parameter(index)
    if array is None or array.size == 0:
        raise call.refuse(f"nothing as input {index}", "numbers")
    if call.opset < 7 and call.flag("broadcast") and "axis" in call.node.attributes:
        behind = call.rank(x) - call.axis(call.integer("axis"), call.rank(x)) - array.ndim
        array = array.reshape(*array.shape, *(1,) * max(0, behind))
    shape = sample_shape(call, array, call.rank(x))
    while shape and shape[0] == 1:
        shape = shape[1:]
    sizes = (x.known() or ())[call.making.batched :]
    if any(size not in (1, wide) for size, wide in zip(shape[::-1], sizes[::-1], strict=False)):
        needs = f"one that {sizes} fits without growing"
        raise call.refuse(f"a constant of shape {array.shape}", needs)
    return array.reshape(shape)


def joined(call: Call, layer: nn.Layer, data: list[Data]) -> Data:
    """Several data, whose shapes broadcast from the last axis on."""
    ranks = [call.rank(x) for x in data]
    if len({*ranks}) > 1 and call.making.batched:
        got = f"data of {' and '.join(map(str, ranks))} axes"
        raise call.refuse(got, "as many axes of each; Unsqueeze behind the batch would fit")
    longest = max(ranks)
    data = [reshaped(call, x, lambda s: (*(1,) * (longest - len(s)), *s)) for x in data]
    return call.add(layer, *data)


def _scaled(call: Call, x: Data, factor: Array) -> Data:
    """Each element times its factor; one number for all stays as it is in training."""
    if factor.ndim == 0:
        return patterns.scaled(call, x, float(factor))
    made = _alone(call, x)
    if made is not None and (layer := patterns.renormalized(made.layer, factor, None)) is not None:
        return call.replace(made, layer)
    return call.add(fill(nn.Affine(factor.shape, dtype=call.making.dtype), weight=factor), x)


def _shifted(call: Call, x: Data, summand: Array) -> Data:
    """Each element and its summand, which a layer before takes as its bias where it can."""
    made = _alone(call, x)
    if made is not None:
        layer = _biased(made.layer, summand) or patterns.renormalized(made.layer, None, summand)
        if layer is not None:
            return call.replace(made, layer)
    layer = nn.Affine(None, summand.shape, dtype=call.making.dtype)
    return call.add(frozen(layer, bias=summand) if summand.ndim == 0 else fill(layer, bias=summand), x)


def _alone(call: Call, x: Data) -> Made | None:
    """The layer that gives this, if nothing but this node reads it."""
    pairs = zip(call.node.inputs, call.inputs, strict=True)
    once = all(call.making.read_once(name) for name, value in pairs if isinstance(value, Data))
    return call.making.made(x) if once else None


def _biased(layer: nn.Layer, bias: Array) -> nn.Layer | None:
    """The layer with this bias where it has none; None where it cannot have it."""
    parameters, config = layer.parameters(), layer.config()
    if "bias" in parameters or "weight" not in parameters or layer.frozen():
        return None
    weight = parameters["weight"]
    by_output = (len(weight), *(1,) * (weight.ndim - 2)) if weight.ndim else ()
    if type(layer) is nn.Affine and bias.ndim:
        config["bias"] = bias.shape
    elif type(layer) in BIASED and (bias.shape == by_output or bias.size == len(weight) == 1):
        config["bias"], bias = True, bias.reshape(-1)
    else:
        return None
    return fill(type(layer)(**config), weight=weight, bias=bias)
