"""Operations of PyTorch in a module's forward, each as a layer: one function an operation, in `TABLE`."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from fastconv import nn
from fastconv.interop.pytorch.leaves import Leaves


class Value(NamedTuple):
    """What a step gives: the step's name, and its shape, whose first size stands for any number."""

    name: str
    shape: tuple[Any, ...]


class Operation(NamedTuple):
    """One operation: its arguments by name, what it gives in the trace, and what makes a step of it."""

    kind: str
    given: dict[str, Any]
    result: Any
    batch: Any
    leaves: Leaves
    add: Callable[..., Value]

    @property
    def input(self) -> Value:
        """The first argument; ValueError where it is no value but numbers of the module's."""
        value = next(iter(self.given.values()))
        if not isinstance(value, Value):
            raise ValueError("got fixed numbers as its first argument, needs what depends on the input")
        return value

    def option(self, *names: str) -> list[Any]:
        """These arguments."""
        return [self.given[name] for name in names]


def flat(values: Iterable[Any]) -> Iterator[Any]:
    """The values in arguments and in lists of them; a `Value` is one."""
    for value in values:
        if isinstance(value, list | tuple) and not isinstance(value, Value):
            yield from flat(value)
        else:
            yield value


def free_name(name: str, taken: set[str]) -> str:
    """This name, or with the first number that makes it another than those taken."""
    count, free = 0, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def _layer(kind: type[nn.Layer], *names: str, **renamed: str) -> Callable[[Operation], Any]:
    """A layer whose settings are these arguments; `renamed` are the layer's names for others."""

    def make(op: Operation) -> Any:
        settings = {name: op.given[name] for name in names}
        settings |= {ours: op.given[theirs] for ours, theirs in renamed.items()}
        return op.add(kind(**settings), op.input)

    return make


def _same(op: Operation) -> Any:
    """What changes nothing; ValueError for a change of type."""
    before, after = op.given.get("dtype"), getattr(op.result, "dtype", None)
    if before is not None and after != before:
        raise ValueError(f"got a conversion to {before}, needs one type throughout")
    return op.input


def _pool(kind: type[nn.Layer], *names: str) -> Callable[[Operation], Any]:
    def make(op: Operation) -> Any:
        given = dict(op.given)
        settings = {name: given[name] for name in ("kernel_size", "padding", "ceil_mode", *names)}
        return op.add(kind(**settings, stride=given["stride"] or None), op.input)

    return make


def _join(kind: Callable[[], nn.Layer]) -> Callable[[Operation], Any]:
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


def _concatenate(op: Operation) -> Any:
    values, dim = op.option("tensors", "dim")
    if not all(isinstance(value, Value) for value in values):
        raise ValueError("got fixed numbers among its inputs, needs values that depend on the input")
    return op.add(nn.Concatenate(dim), *values)


def _mean(op: Operation) -> Any:
    value, dims = op.input, op.given["dim"]
    axes = sorted(dim % len(value.shape) for dim in dims or range(len(value.shape)))
    if len(value.shape) != 4 or axes != [2, 3]:
        raise ValueError(f"dim: got {dims}, needs those of height and width, (2, 3)")
    pooled = op.add(nn.AdaptiveAvgPool2d(1), value, shape=(*value.shape[:2], 1, 1))
    return pooled if op.given["keepdim"] else op.add(nn.Flatten(), pooled)


def _reshaped(op: Operation) -> Any:
    """Flatten or Unflatten, whatever the operation is called."""
    value, after = op.input, tuple(op.result.shape)
    before = value.shape
    if before == after:
        return value
    if not after or after[0] is not before[0] and str(after[0]) != str(before[0]):
        raise ValueError(f"got {_shown(before)} as {_shown(after)}, needs the batch to stay the first axis")
    flattening = len(after) < len(before)
    many, few = (before, after) if flattening else (after, before)
    for start in range(1, len(few)):
        end = start + len(many) - len(few)
        if few == (*many[:start], math.prod(many[start : end + 1]), *many[end + 1 :]):
            last = -1 if end == len(many) - 1 else end
            layer = nn.Flatten(start, last) if flattening else nn.Unflatten(start, many[start : end + 1])
            return op.add(layer, value)
    raise ValueError(f"got {_shown(before)} as {_shown(after)}, needs axes that become one, or one that becomes axes")


def _shown(shape: tuple[Any, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _upsample(mode: str) -> Callable[[Operation], Any]:
    def make(op: Operation) -> Any:
        size, factors = op.option("output_size", "scale_factors")
        given = {"scale_factor": tuple(factors)} if factors else {"size": tuple(size)}
        return op.add(nn.Upsample(**given, mode=mode, align_corners=op.given.get("align_corners")), op.input)

    return make


def _pad(op: Operation) -> Any:
    sides, mode, value = op.given["pad"], op.given.get("mode", "constant"), op.given["value"] or 0
    sides = [*sides, 0, 0, 0, 0][:4] if not any(sides[4:]) else sides
    if mode != "constant" or value or len(sides) != 4 or len(op.input.shape) != 4:
        raise ValueError(f"got mode {mode!r}, value {value}, needs zeros around an image: nn.ZeroPad2d")
    return op.add(nn.ZeroPad2d(tuple(sides)), op.input)


def _clamp(op: Operation) -> Any:
    low, high = op.option("min", "max")
    if low is None or high is None:
        if low == 0:
            return op.add(nn.ReLU(), op.input)
        raise ValueError(f"got min={low}, max={high}, needs both; nn.Hardtanh would fit")
    return op.add(nn.Hardtanh(low, high), op.input)


def _weighted(
    make: Callable[[Operation, dict[str, Any]], nn.Layer], *arrays: str
) -> Callable[[Operation], Any]:
    """A layer of a function with weights: `make` gets its dtype, `arrays` are its arrays by their names."""

    def build(op: Operation) -> Any:
        tensors = {name: op.given[given] for name, given in (word.split("=") for word in arrays)}
        tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        if any(isinstance(tensor, Value) for tensor in tensors.values()):
            raise ValueError("got a weight that depends on the input, needs fixed numbers")
        double = any(str(tensor.dtype) == "torch.float64" for tensor in tensors.values())
        layer = make(op, {"dtype": np.float64 if double else np.float32})
        own = {**layer.parameters(), **layer.buffers()}
        for name, tensor in tensors.items():
            op.leaves.fill(own[name], tensor)
            if name in layer.parameters() and not tensor.requires_grad:
                layer.freeze(name)
        return op.add(layer, op.input)

    return build


def _conv(kind: type[nn.Layer]) -> Callable[[Operation, dict[str, Any]], nn.Layer]:
    def make(op: Operation, more: dict[str, Any]) -> nn.Layer:
        weight, groups = op.given["weight"], op.given["groups"]
        names = ["stride", "padding", "dilation", *(["output_padding"] if "output_padding" in op.given else [])]
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


def _layer_norm(op: Operation, more: dict[str, Any]) -> nn.Layer:
    weight, bias = op.option("weight", "bias")
    shape = tuple(op.given["normalized_shape"])
    return nn.LayerNorm(shape, op.given["eps"], weight is not None, bias is not None, **more)


def _group_norm(op: Operation, more: dict[str, Any]) -> nn.Layer:
    weight, eps = op.option("weight", "eps")
    return nn.GroupNorm(op.given["num_groups"], op.input.shape[1], eps, weight is not None, **more)


def _prelu(op: Operation, more: dict[str, Any]) -> nn.Layer:
    return nn.PReLU(op.given["weight"].numel(), **more)


AFFINE = "weight=weight", "bias=bias"
STATISTICS = "running_mean=running_mean", "running_var=running_var"

TABLE: dict[str, Callable[[Operation], Any]] = {
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "to", "_to_copy", "lift_fresh_copy"), _same),
    **dict.fromkeys(("view", "reshape", "unflatten", "squeeze", "unsqueeze", "_unsafe_view"), _reshaped),
    "flatten": _layer(nn.Flatten, "start_dim", "end_dim"),
    "relu": _layer(nn.ReLU),
    "relu6": _layer(nn.ReLU6),
    "hardtanh": _layer(nn.Hardtanh, "min_val", "max_val"),
    "leaky_relu": _layer(nn.LeakyReLU, "negative_slope"),
    "elu": _layer(nn.ELU, "alpha"),
    "gelu": _layer(nn.GELU, "approximate"),
    "silu": _layer(nn.SiLU),
    "sigmoid": _layer(nn.Sigmoid),
    "tanh": _layer(nn.Tanh),
    "softplus": _layer(nn.Softplus, "beta", "threshold"),
    "hardswish": _layer(nn.Hardswish),
    "hardsigmoid": _layer(nn.Hardsigmoid),
    "softmax": _layer(nn.Softmax, "dim"),
    "log_softmax": _layer(nn.LogSoftmax, "dim"),
    "clamp": _clamp,
    "prelu": _weighted(_prelu, "weight=weight"),
    "dropout": _layer(nn.Dropout, "p"),
    "feature_dropout": _layer(nn.Dropout2d, "p"),
    "conv1d": _weighted(_conv(nn.Conv1d), *AFFINE),
    "conv2d": _weighted(_conv(nn.Conv2d), *AFFINE),
    "conv_transpose2d": _weighted(_conv(nn.ConvTranspose2d), *AFFINE),
    "linear": _weighted(_linear, *AFFINE),
    "batch_norm": _weighted(_batch_norm, *AFFINE, *STATISTICS),
    "layer_norm": _weighted(_layer_norm, *AFFINE),
    "group_norm": _weighted(_group_norm, *AFFINE),
    "max_pool1d": _pool(nn.MaxPool1d, "dilation"),
    "max_pool2d": _pool(nn.MaxPool2d, "dilation"),
    "avg_pool1d": _pool(nn.AvgPool1d, "count_include_pad"),
    "avg_pool2d": _pool(nn.AvgPool2d, "count_include_pad", "divisor_override"),
    "adaptive_avg_pool1d": _layer(nn.AdaptiveAvgPool1d, "output_size"),
    "adaptive_avg_pool2d": _layer(nn.AdaptiveAvgPool2d, "output_size"),
    "adaptive_max_pool2d": _layer(nn.AdaptiveMaxPool2d, "output_size"),
    "mean": _mean,
    "add": _join(nn.Add),
    "cat": _concatenate,
    "upsample_nearest2d": _upsample("nearest"),
    "upsample_bilinear2d": _upsample("bilinear"),
    "upsample_linear1d": _upsample("linear"),
    "pixel_shuffle": _layer(nn.PixelShuffle, "upscale_factor"),
    "pad": _pad,
    "constant_pad_nd": _pad,
}
