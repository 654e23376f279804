"""Operations with weights that are not those of a layer's module: parameters, buffers and constants."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.pytorch.operations.base import Make, Operation, Value
from fastconv.interop.pytorch.operations.shapes import reshaped


def _weighted(make: Callable[[Operation, dict[str, Any]], nn.Layer], *arrays: str) -> Make:
    """A layer with the numbers in the arguments `arrays`; `make` gets its dtype. Twice the same is one."""

    def build(op: Operation) -> Any:
        tensors = {name: op.given[name] for name in arrays}
        tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        if any(isinstance(tensor, Value) for tensor in tensors.values()):
            raise ValueError("got a weight that depends on the input, needs fixed numbers")
        others = op.given.keys() - {*arrays}
        settings = sorted(
            (name, repr(op.given[name])) for name in others if not isinstance(op.given[name], Value)
        )
        key = make, tuple(map(id, tensors.values())), tuple(settings)
        return op.add(_once(op, key, tensors, lambda more: make(op, more)), op.input)

    return build


def _once(
    op: Operation,
    key: Any,
    tensors: dict[str, Any],
    make: Callable[[dict[str, Any]], nn.Layer],
    kept: Any = None,
) -> nn.Layer:
    """The layer of this key, made once, with these numbers by name; `kept` are the tensors in the key."""
    if key in op.leaves.functions:
        return op.leaves.functions[key][0]
    double = any(str(tensor.dtype) == "torch.float64" for tensor in tensors.values())
    layer = make({"dtype": np.float64 if double else np.float32})
    own = {**layer.parameters(), **layer.buffers()}
    for name, tensor in tensors.items():
        op.leaves.fill(own[name], tensor)
        if name in layer.parameters() and not tensor.requires_grad:
            layer.freeze(name)
    op.leaves.functions[key] = layer, (tensors, kept)  # which keeps their ids theirs
    return layer


def _conv(kind: Callable[..., nn.Layer]) -> Callable[[Operation, dict[str, Any]], nn.Layer]:
    def make(op: Operation, more: dict[str, Any]) -> nn.Layer:
        weight, groups = op.given["weight"], op.given["groups"]
        names = [
            "stride",
            "padding",
            "dilation",
            *(["output_padding"] if "output_padding" in op.given else []),
        ]
        channels = weight.shape[1] * groups, weight.shape[0]
        if names[-1] == "output_padding":
            channels = weight.shape[0], weight.shape[1] * groups
        settings = {name: op.given[name] for name in names}
        bias = op.given["bias"] is not None
        return kind(*channels, tuple(weight.shape[2:]), groups=groups, bias=bias, **settings, **more)

    return make


def _linear(op: Operation, more: dict[str, Any]) -> nn.Layer:
    outputs, inputs = op.given["weight"].shape
    return nn.Linear(inputs, outputs, op.given["bias"] is not None, **more)


def _batch_norm(op: Operation, more: dict[str, Any]) -> nn.Layer:
    weight, mean, eps, momentum = op.option("weight", "running_mean", "eps", "momentum")
    kind = nn.BatchNorm2d if len(op.input.shape) == 4 else nn.BatchNorm1d
    return kind(op.input.shape[1], eps, momentum, weight is not None, mean is not None, **more)


def _instance_norm(op: Operation, more: dict[str, Any]) -> nn.Layer:
    weight, mean, eps, momentum = op.option("weight", "running_mean", "eps", "momentum")
    kind = nn.InstanceNorm2d if len(op.input.shape) == 4 else nn.InstanceNorm1d
    return kind(op.input.shape[1], eps, momentum, weight is not None, mean is not None, **more)


def _layer_norm(op: Operation, more: dict[str, Any]) -> nn.Layer:
    weight, bias = op.option("weight", "bias")
    shape = tuple(op.given["normalized_shape"])
    return nn.LayerNorm(shape, op.given["eps"], weight is not None, bias is not None, **more)


def _group_norm(op: Operation, more: dict[str, Any]) -> nn.Layer:
    weight, eps = op.option("weight", "eps")
    return nn.GroupNorm(op.given["num_groups"], op.input.shape[1], eps, weight is not None, **more)


def _prelu(op: Operation, more: dict[str, Any]) -> nn.Layer:
    return nn.PReLU(op.given["weight"].numel(), **more)


def _product(op: Operation) -> Any:
    """A matrix or a vector of fixed numbers times a value, from either side, as a dense layer."""
    left, right = [*op.given.values()][:2]
    first = isinstance(left, Value)
    if first and isinstance(right, Value):
        raise ValueError("got two values, needs fixed numbers as one of them")
    value, numbers = (left, right) if first else (right, left)
    shape, axes = value.shape, len(value.shape)
    if numbers.ndim > 2:
        raise ValueError(f"got numbers of shape {tuple(numbers.shape)}, needs a matrix or a vector")
    weight = numbers.reshape(1, -1) if numbers.ndim == 1 else numbers.T if first else numbers
    outputs, inputs = weight.shape
    layer = _once(
        op,
        (_product, first, id(numbers)),
        {"weight": weight},
        lambda more: nn.Linear(inputs, outputs, False, **more),
        numbers,
    )
    turn = (*range(axes - 2), axes - 1, axes - 2)
    if not first:
        shape = tuple(shape[axis] for axis in turn)
        value = op.add(nn.Permute(turn), value, shape=shape)
    y = op.add(layer, value, shape=(*shape[:-1], outputs))
    if numbers.ndim == 2 and not first:
        return op.add(nn.Permute(turn), y)
    return reshaped(op, y, op.shape)


AFFINE = "weight", "bias"
STATISTICS = "running_mean", "running_var"

WEIGHTED: dict[str, Make] = {
    "prelu": _weighted(_prelu, "weight"),
    "conv1d": _weighted(_conv(nn.Conv1d), *AFFINE),
    "conv2d": _weighted(_conv(nn.Conv2d), *AFFINE),
    "conv_transpose2d": _weighted(_conv(nn.ConvTranspose2d), *AFFINE),
    "linear": _weighted(_linear, *AFFINE),
    **dict.fromkeys(("matmul", "mm", "mv"), _product),
    "batch_norm": _weighted(_batch_norm, *AFFINE, *STATISTICS),
    "instance_norm": _weighted(_instance_norm, *AFFINE, *STATISTICS),
    "layer_norm": _weighted(_layer_norm, *AFFINE),
    "group_norm": _weighted(_group_norm, *AFFINE),
}
