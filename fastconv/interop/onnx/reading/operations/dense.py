"""Gemm and MatMul."""

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, fill
from fastconv.interop.onnx.reading.operations.activations import sample_shape, times
from fastconv.interop.onnx.reading.operations.arithmetic import joined
from fastconv.interop.onnx.reading.operations.shapes import repeated, reshaped
from fastconv.interop.onnx.reading.values import Data
from fastconv.types import Array


def gemm(call: Call) -> Data:
    """y = alpha · x W + beta · c."""
    x, weight = call.data(), call.weight(1, (2,))
    if call.flag("transA"):
        if call.making.batched:
            raise call.refuse("transA=1, the batch as the last axis", "transA=0")
        x = call.add(nn.Permute((0, 2, 1)), x)
    weight = weight if call.flag("transB") else weight.T
    if call.number("alpha", 1.0) != 1:
        weight = weight * np.asarray(call.number("alpha", 1.0), weight.dtype)
    if call.has(2) and isinstance(call.inputs[2], Data):
        summand = call.data(2)
        if call.number("beta", 1.0) != 1:
            summand = call.add(times(call, call.number("beta", 1.0)), summand)
        return joined(call, nn.Add(), [_linear(call, x, weight, None), summand])
    constant = call.parameter(2)
    if constant is not None and call.number("beta", 1.0) != 1:
        constant = constant * np.asarray(call.number("beta", 1.0), constant.dtype)
    return _linear(call, x, weight, constant)


def matmul(call: Call) -> Data:
    """y = x W along the last axis of x; a constant summand that follows becomes the bias."""
    weight, x = call.weight(1, tuple(range(1, 9))), call.data()
    if weight.ndim == 2 and (x.rank is None or x.rank > 1):
        return _linear(call, x, weight.T, None)
    flat = call.rank(x) == 1
    if flat:
        x = reshaped(call, x, lambda s: (1, *s))
    if weight.ndim > 2:
        y = _products(call, x, weight)
    else:
        y = _linear(call, x, weight.T if weight.ndim == 2 else weight[None], None)
    last = weight.ndim > 1
    return reshaped(call, y, lambda s: (*s[:-2], *s[-2 : len(s) - 1] * (not flat), *s[-1:] * last))


def _products(call: Call, x: Data, weight: Array) -> Data:
    """Matrices times matrices, one for each of the leading axes: a convolution in as many groups."""
    batched = call.making.batched
    longest = max(call.rank(x), weight.ndim)
    x = reshaped(call, x, lambda s: (*(1,) * (longest - len(s)), *s))
    sizes, (inputs, outputs) = call.known(x, batched), weight.shape[-2:]
    if batched and weight.ndim == longest and weight.shape[0] != 1:
        raise call.refuse(f"matrices of shape {weight.shape}", "the same for each sample of a batch")
    before = weight.shape[:-2][batched * (weight.ndim == longest) :]
    lead = np.broadcast_shapes(sizes[:-2], before)
    for axis, count in enumerate(lead):
        x = repeated(call, x, axis + batched, {1 if sizes[axis] == count else count})
    groups = int(np.prod(lead))
    call.making.budget.take(groups, inputs, outputs)
    filters = np.broadcast_to(weight.reshape(*before, inputs, outputs), (*lead, inputs, outputs))
    filters = filters.swapaxes(-1, -2).reshape(groups * outputs, inputs, 1)
    channels, dtype = (groups * inputs, groups * outputs), call.making.dtype
    layer = nn.Conv1d(*channels, 1, groups=groups, bias=False, dtype=dtype)
    rows = reshaped(call, x, lambda s: (*s[:batched], groups, *s[-2:]))
    turned = call.chain(rows, nn.Permute((0, 1, 3, 2)), nn.Flatten(1, 2), fill(layer, weight=filters))
    y = call.chain(turned, nn.Unflatten(1, (groups, outputs)), nn.Permute((0, 1, 3, 2)))
    return reshaped(call, y, lambda s: (*s[:batched], *lead, *s[-2:]))


def _linear(call: Call, x: Data, weight: Array, constant: Array | None) -> Data:
    """A dense layer, with a bias if there is one number for each output, or one for all."""
    outputs, inputs = weight.shape
    bias = None
    if (
        constant is not None
        and constant.size in (1, outputs)
        and constant.shape[-1:] in ((), (constant.size,))
    ):
        bias = constant.reshape(-1)
    layer = nn.Linear(inputs, outputs, bias is not None, dtype=call.making.dtype)
    y = call.add(fill(layer, weight=weight, bias=bias), x)
    if constant is None or bias is not None:
        return y
    summand = constant.reshape(sample_shape(call, constant, 2))
    return call.add(fill(nn.Affine(None, summand.shape, dtype=call.making.dtype), bias=summand), y)
