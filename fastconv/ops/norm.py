"""Batch, group, instance and layer norm: statistics, and the affine map that they define."""

import math
import sys
from typing import Literal, overload

import numpy as np

from fastconv import exchange, validate
from fastconv.backends import active
from fastconv.types import Array, Shape
from fastconv.validate import array, arrays, same_shape, wrong_type, wrong_value

LARGEST = sys.float_info.max


def channel_statistics(input: Array, num_groups: int | None = None) -> tuple[Array, Array]:
    """Take the mean and the variance (of a population) of every channel, or of every sample's groups.

    The input is (N, C, *). Returns mean and var: (C,), over batch and pixels, as batch norm needs them; with
    num_groups (N, num_groups), of each sample's groups of C / num_groups channels side by side, as group norm
    needs them, and instance norm with num_groups = C. However far the mean is from zero, the variance keeps
    its digits. Raises TypeError for wrong types, ValueError for a shape without elements to take a mean of,
    and for a number of groups that does not divide C.
    """
    X = array("channel_statistics", "input", input)
    check_channels("channel_statistics", X)
    if num_groups is not None:
        num_groups = groups("channel_statistics", num_groups, X.shape)
    if 0 in (X.shape if num_groups is None else X.shape[1:]):
        raise wrong_value("channel_statistics", "input", f"shape {X.shape}", "elements to take the mean of")
    if num_groups is not None and len(X) == 0:
        return np.empty((0, num_groups), X.dtype), np.empty((0, num_groups), X.dtype)
    return active().channel_statistics(X, num_groups)


def channel_norm(
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
    relu: bool = False,
) -> Array:
    """Normalise with given statistics: weight * (input - mean) / sqrt(var + eps) + bias.

    The input is (N, C, *), mean and var are (C,) or, for each sample's groups of channels, (N, G), as
    `channel_statistics` returns them; weight and bias (C,) or None for 1 and 0. Returns the shape of the
    input; with `relu` the positive part, for which memory is written once. This is batch norm in evaluation.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    names = ("input", "mean", "var", "weight", "bias")
    X, m, v, w, b = arrays("channel_norm", names, input, mean, var, weight, bias, optional=2)
    check_channels("channel_norm", X)
    check_statistics("channel_norm", X, m, v)
    check_factors("channel_norm", X.shape[1:2], w, b)
    eps, relu = epsilon("channel_norm", eps), validate.flag("channel_norm", "relu", relu)
    return active().channel_norm(X, m, v, w, b, eps, relu) if X.size else np.empty_like(X)


def batch_norm(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Normalise each channel over batch and pixels, as torch.nn.functional.batch_norm.

    The input is (N, C, *); running_mean, running_var, weight and bias are (C,), each may be None, but
    evaluation needs the first two. Returns weight * (input - mean) / sqrt(var + eps) + bias, of the input's
    shape. In `training`, mean and var are those of this batch, and running_mean and running_var are updated
    in place: (1 - momentum) * running + momentum * batch, with the batch's unbiased variance. Otherwise they
    are the running ones. An input without elements moves nothing. Ioffe and Szegedy, "Batch normalization",
    2015. Raises TypeError for wrong types, ValueError for shapes and values that do not fit, such as one
    value for each channel in training.
    """
    name = "batch_norm"
    training = validate.flag(name, "training", training)
    momentum = validate.number(name, "momentum", momentum, -LARGEST, LARGEST)
    X, running = _checked(name, input, running_mean, running_var, weight, bias, training)
    if not training:
        return channel_norm(X, *_given(name, running, "training"), weight, bias, eps)
    count = X.size // X.shape[1]
    if count == 1:
        needs = "more than one value for each channel in training"
        raise wrong_value(name, "input", f"shape {X.shape}", needs)
    eps = epsilon(name, eps)
    if count == 0:
        return np.empty_like(X)
    mean, var = channel_statistics(X)
    y = channel_norm(X, mean, var, weight, bias, eps)
    if running is not None:
        update_running(*running, mean, var, count, momentum)
    return y


def instance_norm(
    input: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Normalise each channel of each sample over its pixels, as torch.nn.functional.instance_norm.

    The input is (N, C, *); running_mean, running_var, weight and bias are (C,) or None. Returns weight *
    (input - mean) / sqrt(var + eps) + bias, of the input's shape. With `use_input_stats`, mean and var are
    those of each sample's channel, and the running ones are updated in place with `momentum` as in
    `batch_norm`, by the means over the batch; otherwise the running ones serve all samples. An input without
    elements moves nothing. Ulyanov et al., "Instance normalization", 2016. Raises TypeError for wrong types,
    ValueError for shapes and values that do not fit, such as channels of one pixel.
    """
    name = "instance_norm"
    use_input_stats = validate.flag(name, "use_input_stats", use_input_stats)
    momentum = validate.number(name, "momentum", momentum, -LARGEST, LARGEST)
    X, running = _checked(name, input, running_mean, running_var, weight, bias, use_input_stats)
    if not use_input_stats:
        return channel_norm(X, *_given(name, running, "use_input_stats"), weight, bias, eps)
    count = math.prod(X.shape[2:])
    if count == 1:
        needs = "more than one value for each channel of a sample"
        raise wrong_value(name, "input", f"shape {X.shape}", needs)
    eps = epsilon(name, eps)
    if X.size == 0:
        return np.empty_like(X)
    mean, var = channel_statistics(X, X.shape[1])
    y = channel_norm(X, mean, var, weight, bias, eps)
    if running is not None:
        update_running(*running, mean.mean(axis=0), var.mean(axis=0), count, momentum)
    return y


def group_norm(
    input: Array,
    num_groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalise groups of channels of each sample, as torch.nn.functional.group_norm.

    The input is (N, C, *), num_groups a divisor of C; weight and bias are (C,) or None. Returns weight *
    (input - mean) / sqrt(var + eps) + bias, of the input's shape; mean and var are those of a sample's
    C / num_groups channels side by side, with all their pixels. Wu and He, "Group normalization", 2018.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    names = ("input", "weight", "bias")
    X, w, b = arrays("group_norm", names, input, weight, bias, optional=2)
    check_channels("group_norm", X)
    num_groups = groups("group_norm", num_groups, X.shape)
    check_factors("group_norm", X.shape[1:2], w, b)
    eps = epsilon("group_norm", eps)
    if X.size == num_groups:
        needs = "more than one value for each group"
        raise wrong_value("group_norm", "input", f"shape {X.shape}", needs)
    if 0 in X.shape:
        return np.empty_like(X)
    return channel_norm(X, *channel_statistics(X, num_groups), w, b, eps)


@overload
def layer_norm(
    input: Array,
    normalized_shape: int | Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
    return_statistics: Literal[False] = False,
) -> Array: ...
@overload
def layer_norm(
    input: Array,
    normalized_shape: int | Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
    *,
    return_statistics: Literal[True],
) -> tuple[Array, Array, Array]: ...
def layer_norm(
    input: Array,
    normalized_shape: int | Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
    return_statistics: bool = False,
) -> Array | tuple[Array, Array, Array]:
    """Normalise each sample over its last axes, as torch.nn.functional.layer_norm.

    The input's last axes are `normalized_shape`, a tuple or one number; weight and bias have this shape, or
    are None. Returns weight * (input - mean) / sqrt(var + eps) + bias, of the input's shape, mean and var
    over those axes; `return_statistics` adds mean and var, of the shape of the axes before. Ba et al., "Layer
    normalization", 2016. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "layer_norm"
    X, w, b = arrays(name, ("input", "weight", "bias"), input, weight, bias, optional=2)
    shape, before = last_axes(name, normalized_shape, X.shape)
    check_factors(name, shape, w, b)
    eps = epsilon(name, eps)
    statistics = validate.flag(name, "return_statistics", return_statistics)
    if X.size:
        return active().layer_norm(X, shape, w, b, eps, statistics)
    y = np.empty_like(X)
    return (y, np.empty(before, X.dtype), np.empty(before, X.dtype)) if statistics else y


def update_running(
    running_mean: Array, running_var: Array, mean: Array, var: Array, count: int, momentum: float
) -> None:
    """Move running statistics by `momentum` towards those of a batch of `count` values each, in place."""
    kept = [np.require(running, mean.dtype, ["C", "A"]) for running in (running_mean, running_var)]
    active().update_statistics(*kept, mean, var, count, momentum)
    for running, moved in zip((running_mean, running_var), kept, strict=True):
        if moved is not running:
            running[...] = moved


def check_channels(function: str, X: Array) -> None:
    """Check that there is an axis of channels."""
    if X.ndim < 2 or X.shape[1] == 0:
        raise wrong_value(function, "input", f"shape {X.shape}", "(N, C, *) with at least one channel")


def groups(function: str, value: int, shape: Shape) -> int:
    """Check that this is a number of groups of channels."""
    value = validate.integer(function, "num_groups", value)
    if shape[1] % value:
        raise wrong_value(function, "num_groups", value, f"a divisor of {shape[1]} channels")
    return value


def epsilon(function: str, value: float) -> float:
    """Check what is added to a variance: any number, as in PyTorch."""
    return validate.number(function, "eps", value, -LARGEST, LARGEST)


def check_statistics(function: str, X: Array, mean: Array, var: Array) -> None:
    """Check that there is a mean for every channel, or for every sample's groups."""
    samples, channels = X.shape[:2]
    if mean.ndim == 2:
        fits = len(mean) == samples and mean.shape[1] and channels % mean.shape[1] == 0
    else:
        fits = mean.shape == (channels,)
    if not fits:
        needs = f"({channels},), or ({samples}, G) with G a divisor of {channels}, to match input"
        raise wrong_value(function, "mean", f"shape {mean.shape}", needs)
    same_shape(function, "var", var, "mean", mean.shape)


def check_factors(function: str, shape: Shape, weight: Array | None, bias: Array | None = None) -> None:
    """Check that weight and bias have a number for each channel, or each normalised element."""
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None:
            same_shape(function, name, value, "input", shape)


def last_axes(
    function: str, value: int | Shape, shape: Shape, argument: str = "input"
) -> tuple[Shape, Shape]:
    """Check `normalized_shape` against an argument's shape; return it as a tuple, and the axes before."""
    wanted = value if isinstance(value, (tuple, list)) else (value,)
    wanted = tuple([validate.integer(function, "normalized_shape", length) for length in wanted])
    split = len(shape) - len(wanted)
    if not wanted or split < 0 or shape[split:] != wanted:
        needs = f"the last axes of {argument}, of shape {shape}"
        raise wrong_value(function, "normalized_shape", wanted, needs)
    return wanted, shape[:split]


def _checked(
    name: str,
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None,
    bias: Array | None,
    updated: bool,
) -> tuple[Array, tuple[Array, Array] | None]:
    """The checked input, and the running statistics themselves, if there are any."""
    running_mean = exchange.taken(name, "running_mean", running_mean)  # its own memory, to be updated
    running_var = exchange.taken(name, "running_var", running_var)
    names = ("input", "running_mean", "running_var", "weight", "bias")
    given = (input, running_mean, running_var, weight, bias)
    X, mean, var, w, b = arrays(name, names, *given, optional=4)
    check_channels(name, X)
    check_factors(name, X.shape[1:2], w, b)
    if running_mean is None and running_var is None:
        return X, None
    if running_mean is None or running_var is None:
        missing = "running_mean" if running_mean is None else "running_var"
        raise wrong_type(name, missing, "None", "an array, or both running statistics None")
    for argument, value in (("running_mean", mean), ("running_var", var)):
        same_shape(name, argument, value, "input", X.shape[1:2])
    for argument, original in (("running_mean", running_mean), ("running_var", running_var)):
        if updated and not original.flags.writeable:
            raise wrong_value(name, argument, "a read-only array", "one that can be updated")
    return X, (running_mean, running_var)


def _given(name: str, running: tuple[Array, Array] | None, flag: str) -> tuple[Array, Array]:
    if running is None:
        needs = f"an array where {flag} is False"
        raise wrong_type(name, "running_mean", "None", needs)
    return running
