"""Activations, Clip and Dropout."""

import math
from collections.abc import Callable

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, fill, frozen
from fastconv.interop.onnx.reading.values import Constant, Data
from fastconv.types import Array


def plain(kind: Callable[[], nn.Layer]) -> Callable[[Call], Data]:
    """The reader of an activation without settings."""
    return lambda call: call.add(kind(), call.data())


def leaky_relu(call: Call) -> Data:
    """x where x > 0, else alpha · x."""
    return call.add(nn.LeakyReLU(call.number("alpha", 0.01)), call.data())


def elu(call: Call) -> Data:
    """x where x > 0, else alpha · (exp(x) - 1)."""
    return call.add(nn.ELU(call.number("alpha", 1.0)), call.data())


def celu(call: Call) -> Data:
    """x where x > 0, else alpha · (exp(x / alpha) - 1)."""
    alpha = call.number("alpha", 1.0)
    if not alpha > 0:
        raise call.refuse(f"alpha {alpha}", "one above 0")
    return call.chain(call.data(), times(call, 1 / alpha), nn.ELU(), times(call, alpha))


def selu(call: Call) -> Data:
    """Gamma times an ELU."""
    alpha = call.number("alpha", 1.67326319217681884765625)
    gamma = call.number("gamma", 1.05070102214813232421875)
    return call.chain(call.data(), nn.ELU(alpha), times(call, gamma))


def softplus(call: Call) -> Data:
    """log(1 + exp(x)), to the last digit for any x."""
    return call.add(nn.Softplus(threshold=40.0), call.data())


def softsign(call: Call) -> Data:
    """x / (1 + |x|)."""
    x = call.data()
    above = frozen(nn.Affine(None, (), dtype=call.making.dtype), bias=1)
    return call.add(nn.Divide(), x, call.add(above, absolute(call)))


def absolute(call: Call) -> Data:
    """|x|, the larger one of x and -x."""
    x = call.data()
    return call.add(nn.Maximum(), x, call.add(times(call, -1), x))


def mish(call: Call) -> Data:
    """x · tanh(softplus(x))."""
    x = call.data()
    return call.add(nn.Multiply(), x, call.chain(x, nn.Softplus(threshold=40.0), nn.Tanh()))


def swish(call: Call) -> Data:
    """x · σ(alpha · x)."""
    alpha, x = call.number("alpha", 1.0), call.data()
    if alpha == 1:
        return call.add(nn.SiLU(), x)
    return call.add(nn.Multiply(), x, call.chain(x, times(call, alpha), nn.Sigmoid()))


def hard_sigmoid(call: Call) -> Data:
    """alpha · x + beta, cut to what lies between 0 and 1."""
    alpha, beta = call.number("alpha", 0.2), call.number("beta", 0.5)
    if math.isclose(alpha, 1 / 6, rel_tol=1e-5) and beta == 0.5:
        return call.add(nn.Hardsigmoid(), call.data())
    line = frozen(nn.Affine((), (), dtype=call.making.dtype), weight=alpha, bias=beta)
    return call.chain(call.data(), line, nn.Hardtanh(0.0, 1.0))


def gelu(call: Call) -> Data:
    """x · Φ(x), or its approximation."""
    return call.add(nn.GELU(call.text("approximate", "none")), call.data())


def prelu(call: Call) -> Data:
    """x where x > 0, else slope · x: one slope, one for each channel, or any that fit x."""
    x, slope = call.data(), call.parameter(1)
    rank, dtype = call.rank(x), call.making.dtype
    if slope is None or slope.size == 0:
        raise call.refuse("no slopes", "one at least")
    by_channel = call.opset < 7 and slope.ndim == 1
    if slope.size == 1:
        return call.add(fill(nn.PReLU(dtype=dtype), weight=slope.reshape(1)), x)
    behind = rank - 2 if call.making.batched else -1
    if behind >= 0 and (by_channel or slope.shape[-behind - 1 :] == (slope.size, *(1,) * behind)):
        return call.add(fill(nn.PReLU(slope.size, dtype=dtype), weight=slope.reshape(-1)), x)
    slope = slope.reshape(sample_shape(call, slope, rank))
    sloped = fill(nn.Affine(slope.shape, dtype=dtype), weight=-slope)
    below = call.chain(x, times(call, -1), nn.ReLU(), sloped)
    return call.add(nn.Add(), call.add(nn.ReLU(), x), below)


def exponential(call: Call) -> Data:
    """exp(x) = σ(x) / σ(-x)."""
    x = call.data()
    return call.add(nn.Divide(), call.add(nn.Sigmoid(), x), call.chain(x, times(call, -1), nn.Sigmoid()))


def softmax(kind: Callable[[int], nn.Layer]) -> Callable[[Call], Data]:
    """The reader of Softmax or LogSoftmax: before opset 13 over all axes from one on, since then over one."""

    def read(call: Call) -> Data:
        x = call.data()
        rank = call.rank(x)
        dim = call.dim(call.integer("axis", -1 if call.opset >= 13 else 1), rank)
        behind = (x.known() or ())[dim + 1 - (not call.making.batched) :]
        if call.opset >= 13 or all(size == 1 for size in behind):
            return call.add(kind(dim), x)
        if None in behind[1:]:
            raise call.refuse("several axes of open size", "one axis, as of opset 13")
        sizes = (-1, *(size for size in behind if size is not None))
        return call.chain(x, nn.Flatten(dim), kind(dim), nn.Unflatten(dim, sizes))

    return read


def clip(call: Call) -> Data:
    """x cut to what lies between two numbers, each of which may be missing."""
    if call.opset < 11:
        low, high = call.number("min", -math.inf), call.number("max", math.inf)
    else:
        low, high = call.scalar(1, -math.inf), call.scalar(2, math.inf)
    info = np.finfo(call.making.dtype)
    low, high = (-math.inf if low <= info.min else low), (math.inf if high >= info.max else high)
    if (low, high) == (0, 6):
        return call.add(nn.ReLU6(), call.data())
    if (low, high) == (0, math.inf):
        return call.add(nn.ReLU(), call.data())
    if (low, high) == (-math.inf, math.inf):
        return call.data()
    return call.add(nn.Hardtanh(min(low, high), high), call.data())


def dropout(call: Call) -> list[Data | Constant | None]:
    """Elements that become 0 in training; the mask of prediction leaves all as they are."""
    x = call.data()
    share = call.number("ratio", 0.5) if call.opset < 12 else call.scalar(1, 0.5)
    return [call.add(nn.Dropout(share), x), None]


def times(call: Call, factor: float) -> nn.Layer:
    """A factor that belongs to an operation."""
    return frozen(nn.Affine((), dtype=call.making.dtype), weight=factor)


def sample_shape(call: Call, array: Array, rank: int) -> tuple[int, ...]:
    """The shape in which a constant fits one sample; ValueError where it differs between samples."""
    axes = rank - call.making.batched
    if array.ndim > axes and (array.ndim > rank or array.shape[0] != 1):
        needs = f"a shape that fits one sample, at most {axes} axes"
        raise call.refuse(f"a constant of shape {array.shape}", needs)
    return array.shape[array.ndim - axes :] if array.ndim > axes else array.shape
