"""BatchNormalization, InstanceNormalization, GroupNormalization, LayerNormalization and LRN."""

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, fill, frozen
from fastconv.interop.onnx.reading.values import Data


def batch_norm(call: Call) -> list[Data | None]:
    """Batch norm as it stands, with its running statistics; it may be trained on.

    A node in training mode is the same layer: it normalises by the batch when it is trained.
    """
    x = call.data()
    if call.opset < 9 and not call.flag("spatial", True):
        raise call.refuse("spatial=0, statistics of each pixel", "those of each channel")
    scale, bias, mean, var = (call.weight(index, (1,)) for index in (1, 2, 3, 4))
    kind = nn.BatchNorm2d if call.making.batched and call.rank(x) == 4 else nn.BatchNorm1d
    if kind is nn.BatchNorm1d and call.rank(x) != 2:
        call.images(x, (1,))
    share = round(1 - call.number("momentum", 0.9), 6)  # files hold it in single precision
    layer = kind(len(scale), call.number("epsilon", 1e-5), share, dtype=call.making.dtype)
    fill(layer, weight=scale, bias=bias, running_mean=mean, running_var=var)
    return [call.add(layer, x), *[None] * 4]


def instance_norm(call: Call) -> Data:
    """Each channel of each image normalised."""
    x = call.data()
    scale, bias = call.weight(1, (1,)), call.weight(2, (1,))
    eps, channels = call.number("epsilon", 1e-5), len(scale)
    if call.images(x) == 2:
        layer: nn.Layer = nn.InstanceNorm2d(channels, eps, affine=True, dtype=call.making.dtype)
    else:
        layer = nn.GroupNorm(channels, channels, eps, dtype=call.making.dtype)
    return call.add(fill(layer, weight=scale, bias=bias), x)


def group_norm(call: Call) -> Data:
    """Groups of channels normalised; before opset 21 there is one factor for each group."""
    x, groups = call.data(), call.integer("num_groups")
    scale, bias = call.weight(1, (1,)), call.weight(2, (1,))
    call.images(x)
    channels = (x.known() or (0, None))[1]
    if channels is None or groups < 1:
        raise call.refuse(f"{groups} groups of {channels} channels", "known channels and at least one group")
    call.making.budget.take(channels)
    if call.opset < 21:
        scale, bias = (np.repeat(each, channels // groups) for each in (scale, bias))
    layer = nn.GroupNorm(groups, channels, call.number("epsilon", 1e-5), dtype=call.making.dtype)
    return call.add(fill(layer, weight=scale, bias=bias), x)


def layer_norm(call: Call) -> list[Data]:
    """The last axes normalised; their mean and 1 / √(var + eps) besides."""
    x = call.data()
    rank = call.rank(x)
    first, eps = call.dim(call.integer("axis", -1), rank), call.number("epsilon", 1e-5)
    sizes = call.known(x, first - (not call.making.batched))
    scale, bias = call.parameter(1), call.parameter(2)
    dtype = call.making.dtype
    call.making.budget.take(*sizes)
    layer = nn.LayerNorm(sizes, eps, scale is not None, bias is not None, dtype=dtype)
    y = call.add(fill(layer, weight=scale, bias=bias), x)
    if len(call.node.outputs) == 1:
        return [y]
    axes = tuple(range(first, first + len(sizes)))
    mean = call.add(nn.Mean(axes, True), x)
    apart = call.add(nn.Subtract(), x, mean)
    var = call.add(nn.Mean(axes, True), call.add(nn.Multiply(), apart, apart))
    above = frozen(nn.Affine(None, (), dtype=dtype), bias=eps)
    return [y, mean, call.chain(var, above, nn.Power(-0.5))]


def response_norm(call: Call) -> Data:
    """Local response normalisation across channels."""
    size, x = call.integer("size"), call.data()
    call.images(x)
    if size % 2 == 0:
        raise call.refuse(f"size {size}", "an odd one, the same number of channels on both sides")
    alpha, beta, k = call.number("alpha", 1e-4), call.number("beta", 0.75), call.number("bias", 1.0)
    return call.add(nn.LocalResponseNorm(size, alpha, beta, k), x)
