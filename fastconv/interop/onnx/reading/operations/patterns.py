"""Activations and norms that files write as several nodes: SiLU, Hardswish, GELU, Softplus, GroupNorm."""

import math

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, Made, fill, frozen
from fastconv.interop.onnx.reading.values import Data
from fastconv.nn.base import Backward
from fastconv.types import Array


class _Part(nn.Layer):
    """The place of a node that is known as part of an activation alone.

    **Arguments:**

    - `node`: the node as errors name it.
    - `whole`: what it is part of.
    - `number`: what a comparison is with.
    """

    def __init__(self, node: str, whole: str, number: float = 0.0) -> None:
        super().__init__()
        self.node, self.whole, self.number = node, whole, number

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """Nothing: a model with it is refused."""
        raise NotImplementedError


def erf(call: Call) -> Data:
    """What `product` may make a GELU of."""
    return call.add(_Part(str(call.node), "GELU"), call.data())


def greater(call: Call) -> Data:
    """What `where` may make a Softplus of."""
    return call.add(_Part(str(call.node), "Softplus", call.scalar(1, 0.0)), call.data())


def where(call: Call) -> Data:
    """The Softplus that is x where beta · x is above a threshold, else log(1 + exp(beta · x)) / beta."""
    above, x = call.making.made(call.data(0)), call.data(1)
    behind, bent = factor(call, call.data(2))
    softplus = call.making.made(bent)
    if above is not None and softplus is not None and isinstance(above.layer, _Part):
        beta, inner = factor(call, softplus.sources[0])
        same = factor(call, above.sources[0]) == (beta, x) and inner == x
        if same and isinstance(softplus.layer, nn.Softplus) and math.isclose(behind * beta, 1, rel_tol=1e-6):
            return call.add(nn.Softplus(beta, above.layer.number), x)
    raise call.refuse("a choice by the model's input", "one that is part of Softplus")


def unread(layer: nn.Layer) -> tuple[str, str] | None:
    """The node of a part that has become part of nothing, and of what it could be; None of other layers."""
    return (layer.node, layer.whole) if isinstance(layer, _Part) else None


def product(call: Call, a: Data, b: Data) -> Data | None:
    """The layer that x times a function of x is, if there is one.

    SiLU is x · σ(x), Hardswish x · hardsigmoid(x) with hardsigmoid(x) = min(max(x + 3, 0), 6) / 6, GELU
    x · (1 + erf(x / √2)) / 2.
    """
    for x, other in ((a, b), (b, a)):
        made = call.making.made(other)
        if made is not None and made.sources == (x,):
            if type(made.layer) is nn.Sigmoid:
                return call.add(nn.SiLU(), x)
            if type(made.layer) is nn.Hardsigmoid:
                return call.add(nn.Hardswish(), x)
        if _cut_ramp(call, other) == x:
            return scaled(call, call.add(nn.Hardswish(), x), 6)
        (first, x), (second, other) = factor(call, x), factor(call, other)
        if _is_one_more_than_erf(call, other, x):
            return scaled(call, call.add(nn.GELU(), x), 2 * first * second)
    return None


def factor(call: Call, data: Data) -> tuple[float, Data]:
    """The number by which an operation multiplies, and what it multiplies; 1 where there is none."""
    made = call.making.made(data)
    if made is None or not _single(made, "weight"):
        return 1.0, data
    return float(made.layer.parameters()["weight"]), made.sources[0]


def scaled(call: Call, data: Data, number: float) -> Data:
    """The data times a number, put together with one before; 1 is none; a sixth may make a Hardsigmoid."""
    before, inner = factor(call, data)
    if math.isclose(before * number, 1, rel_tol=1e-6):
        return inner
    x = _cut_ramp(call, inner)
    if x is not None and math.isclose(before * number, 1 / 6, rel_tol=1e-6):
        return call.add(nn.Hardsigmoid(), x)
    return call.add(frozen(nn.Affine((), dtype=call.making.dtype), weight=before * number), inner)


def _is_one_more_than_erf(call: Call, data: Data, x: Data) -> bool:
    """Whether this is 1 + erf(x / √2)."""
    above = call.making.made(data)
    if above is None or not _single(above, "bias") or float(above.layer.parameters()["bias"]) != 1:
        return False
    place = call.making.made(above.sources[0])
    if place is None or not isinstance(place.layer, _Part):
        return False
    number, inner = factor(call, place.sources[0])
    return inner == x and math.isclose(number, math.sqrt(0.5), rel_tol=1e-6)


def _cut_ramp(call: Call, data: Data) -> Data | None:
    """The x of which this is min(max(x + 3, 0), 6)."""
    made = call.making.made(data)
    if made is None or type(made.layer) is not nn.ReLU6:
        return None
    above = call.making.made(made.sources[0])
    if above is None or not _single(above, "bias") or float(above.layer.parameters()["bias"]) != 3:
        return None
    return above.sources[0]


def _single(made: Made, name: str) -> bool:
    """Whether a layer has this one number, and it belongs to an operation."""
    parameters = made.layer.parameters()
    return type(made.layer) is nn.Affine and {*parameters} == {*made.layer.frozen()} == {name}


def normalized(call: Call, data: Data, shapes: object) -> Data | None:
    """The GroupNorm that a norm of reshaped groups is, where its result gets the shape of before."""
    made = call.making.made(data)
    before = call.making.made(made.sources[0]) if made is not None else None
    if made is None or before is None or len(before.sources) != 1 or before.sources[0].shapes != shapes:
        return None
    x, layer = before.sources[0], made.layer
    reshaping = nn.Reshape | nn.Flatten | nn.Unflatten
    if not isinstance(layer, nn.GroupNorm) or not isinstance(before.layer, reshaping):
        return None
    channels = (x.known() or (None, None))[1]
    plain = layer.weight is not None and np.all(layer.weight == 1) and not np.any(layer.bias)
    if layer.num_groups != layer.num_channels or not plain or not channels or channels % layer.num_groups:
        return None
    dtype = call.making.dtype
    return call.add(nn.GroupNorm(layer.num_groups, channels, layer.eps, dtype=dtype), x)


def renormalized(layer: nn.Layer, factor: Array | None, summand: Array | None) -> nn.Layer | None:
    """A GroupNorm whose result is multiplied or shifted, one number a channel; None of another layer."""
    given = factor if factor is not None else summand
    if not isinstance(layer, nn.GroupNorm) or given is None or not layer.affine:
        return None
    if given.ndim < 2 or given.shape[0] != layer.num_channels or given.size != layer.num_channels:
        return None
    weight, bias = layer.parameters()["weight"], layer.parameters()["bias"]
    times, plus = (given.reshape(-1), 0) if factor is not None else (1, given.reshape(-1))
    return fill(nn.GroupNorm(**layer.config()), weight=weight * times, bias=bias * times + plus)
