"""The gradients of batch, group, instance and layer norm, from the statistics that the forward call used."""

import math

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.norm import check_channels, check_factors, check_statistics, epsilon, last_axes
from fastconv.types import Array, Shape
from fastconv.validate import array, arrays, same_shape, wrong_value


def channel_norm_gradients(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    eps: float = 1e-5,
    training: bool = True,
    output: Array | None = None,
    input_gradient: bool = True,
) -> tuple[Array, ...]:
    """All gradients of a normalisation, in two passes: of weight, of bias, and of the input if it is wanted.

    Takes grad_output and input (N, C, *), and what the forward call used: mean and var (C,) or (N, G), weight
    (C,) or None, eps. With z = (input - mean) / sqrt(var + eps): grad_weight = sum grad_output * z and
    grad_bias = sum grad_output, (C,); with `input_gradient` also grad_input = (g - E[g] - z * E[g * z]) /
    sqrt(var + eps), g = weight * grad_output, E the mean over what shares a mean. Without `training` mean and
    var are constants, and both E are 0. With `output`, that of a call with relu, grad_output counts where it
    is above 0. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "channel_norm_gradients"
    training = validate.flag(name, "training", training)
    input_gradient = validate.flag(name, "input_gradient", input_gradient)
    return _of_channels(name, grad_output, input, mean, var, weight, eps, training, output, input_gradient)


def batch_norm_input(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    eps: float = 1e-5,
    training: bool = True,
) -> Array:
    """Gradient of batch_norm with respect to its input: (g - E[g] - z * E[g * z]) / sqrt(var + eps).

    With g = weight * grad_output, z = (input - mean) / sqrt(var + eps) and means E over batch and pixels,
    which are 0 unless `training`. grad_output and input are (N, C, *), mean and var (C,): those of the batch
    (`channel_statistics`) in training, else the running ones. Returns the shape of the input.
    """
    name = "batch_norm_input"
    training = validate.flag(name, "training", training)
    return _of_channels(name, grad_output, input, mean, var, weight, eps, training)[2]


def batch_norm_weight(grad_output: Array, input: Array, mean: Array, var: Array, eps: float = 1e-5) -> Array:
    """Gradient of batch_norm with respect to its weight: sum grad_output * (input - mean) / sqrt(var + eps).

    Takes grad_output and input (N, C, *), mean and var (C,); returns (C,).
    """
    name = "batch_norm_weight"
    return _of_channels(name, grad_output, input, mean, var, None, eps, input_gradient=False)[0]


def batch_norm_bias(grad_output: Array) -> Array:
    """Gradient of batch_norm with respect to its bias: the sum of grad_output (N, C, *), (C,)."""
    return _of_bias("batch_norm_bias", grad_output)


def group_norm_input(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """Gradient of group_norm with respect to its input: (g - E[g] - z * E[g * z]) / sqrt(var + eps).

    With g = weight * grad_output, z = (input - mean) / sqrt(var + eps) and means E over a sample's group of
    channels. grad_output and input are (N, C, *), weight (C,) or None, mean and var (N, num_groups)
    (`channel_statistics`). Returns the shape of the input.
    """
    return _of_channels("group_norm_input", grad_output, input, mean, var, weight, eps)[2]


def group_norm_weight(grad_output: Array, input: Array, mean: Array, var: Array, eps: float = 1e-5) -> Array:
    """Gradient of group_norm with respect to its weight: sum grad_output * (input - mean) / sqrt(var + eps).

    Takes grad_output and input (N, C, *), mean and var (N, num_groups); returns (C,).
    """
    name = "group_norm_weight"
    return _of_channels(name, grad_output, input, mean, var, None, eps, input_gradient=False)[0]


def group_norm_bias(grad_output: Array) -> Array:
    """Gradient of group_norm with respect to its bias: the sum of grad_output (N, C, *), (C,)."""
    return _of_bias("group_norm_bias", grad_output)


def instance_norm_input(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    eps: float = 1e-5,
    use_input_stats: bool = True,
) -> Array:
    """Gradient of instance_norm with respect to its input: (g - E[g] - z * E[g * z]) / sqrt(var + eps).

    With g = weight * grad_output, z = (input - mean) / sqrt(var + eps) and means E over a sample's channel,
    which are 0 unless `use_input_stats`. grad_output and input are (N, C, *), weight (C,) or None, mean and
    var (N, C) (`channel_statistics`), or (C,), the running ones. Returns the shape of the input.
    """
    name = "instance_norm_input"
    use_input_stats = validate.flag(name, "use_input_stats", use_input_stats)
    return _of_channels(name, grad_output, input, mean, var, weight, eps, use_input_stats)[2]


def instance_norm_weight(
    grad_output: Array, input: Array, mean: Array, var: Array, eps: float = 1e-5
) -> Array:
    """Gradient of instance_norm with respect to its weight: the sum of grad_output * z.

    With z = (input - mean) / sqrt(var + eps). Takes grad_output and input (N, C, *), mean and var (N, C) or
    (C,); returns (C,).
    """
    name = "instance_norm_weight"
    return _of_channels(name, grad_output, input, mean, var, None, eps, input_gradient=False)[0]


def instance_norm_bias(grad_output: Array) -> Array:
    """Gradient of instance_norm with respect to its bias: the sum of grad_output (N, C, *), (C,)."""
    return _of_bias("instance_norm_bias", grad_output)


def layer_norm_gradients(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    normalized_shape: int | Shape,
    weight: Array | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """All gradients of layer_norm, in one pass: of weight, of bias and of the input.

    Takes grad_output and input, whose last axes are `normalized_shape`, mean and var, of the shape of the
    axes before (`layer_norm` returns them), weight and eps. With z = (input - mean) / sqrt(var + eps):
    grad_weight = sum grad_output * z and grad_bias = sum grad_output, of normalized_shape, and grad_input =
    (g - E[g] - z * E[g * z]) / sqrt(var + eps), g = weight * grad_output, E the mean over the last axes.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "layer_norm_gradients"
    return _of_rows(name, grad_output, input, mean, var, normalized_shape, weight, eps)


def layer_norm_input(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    normalized_shape: int | Shape,
    weight: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """Gradient of layer_norm with respect to its input: (g - E[g] - z * E[g * z]) / sqrt(var + eps).

    With g = weight * grad_output, z = (input - mean) / sqrt(var + eps) and means E over the last axes,
    `normalized_shape`; mean and var have the shape of the axes before. Returns the shape of the input.
    """
    name = "layer_norm_input"
    return _of_rows(name, grad_output, input, mean, var, normalized_shape, weight, eps)[2]


def layer_norm_weight(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    normalized_shape: int | Shape,
    eps: float = 1e-5,
) -> Array:
    """Gradient of layer_norm with respect to its weight: sum grad_output * (input - mean) / sqrt(var + eps).

    grad_output and input have the last axes `normalized_shape`, mean and var the axes before. Returns an
    array of shape normalized_shape.
    """
    name = "layer_norm_weight"
    return _of_rows(name, grad_output, input, mean, var, normalized_shape, None, eps)[0]


def layer_norm_bias(grad_output: Array, normalized_shape: int | Shape) -> Array:
    """Gradient of layer_norm with respect to its bias: the sum of grad_output over all axes but the last.

    The last axes are `normalized_shape`, the shape of what is returned.
    """
    G = array("layer_norm_bias", "grad_output", grad_output)
    shape, before = last_axes("layer_norm_bias", normalized_shape, G.shape, "grad_output")
    return active().linear_bias(G.reshape(math.prod(before), math.prod(shape))).reshape(shape)


def _of_channels(
    name: str,
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None,
    eps: float,
    training: bool = True,
    output: Array | None = None,
    input_gradient: bool = True,
) -> tuple[Array, ...]:
    names = ("grad_output", "input", "mean", "var", "weight", "output")
    G, X, m, v, w, y = arrays(name, names, grad_output, input, mean, var, weight, output, optional=2)
    check_channels(name, X)
    same_shape(name, "grad_output", G, "input", X.shape)
    check_statistics(name, X, m, v)
    check_factors(name, X.shape[1:2], w)
    if y is not None:
        same_shape(name, "output", y, "input", X.shape)
    eps = epsilon(name, eps)
    if X.size:
        return active().channel_norm_gradients(G, X, m, v, w, eps, training, y, input_gradient)
    none = np.zeros(X.shape[1], X.dtype), np.zeros(X.shape[1], X.dtype)
    return (*none, np.empty_like(X)) if input_gradient else none


def _of_bias(name: str, grad_output: Array) -> Array:
    G = array(name, "grad_output", grad_output)
    if G.ndim < 2 or 0 in G.shape[1:]:
        needs = "(N, C, *) with at least one channel and pixel"
        raise wrong_value(name, "grad_output", f"shape {G.shape}", needs)
    samples, channels, *pixels = G.shape
    return active().conv2d_bias(G.reshape(samples, channels, math.prod(pixels), 1))


def _of_rows(
    name: str,
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    normalized_shape: int | Shape,
    weight: Array | None,
    eps: float,
) -> tuple[Array, Array, Array]:
    names = ("grad_output", "input", "mean", "var", "weight")
    G, X, m, v, w = arrays(name, names, grad_output, input, mean, var, weight, optional=1)
    shape, before = last_axes(name, normalized_shape, X.shape)
    same_shape(name, "grad_output", G, "input", X.shape)
    same_shape(name, "mean", m, "the axes of input before normalized_shape", before)
    same_shape(name, "var", v, "the axes of input before normalized_shape", before)
    check_factors(name, shape, w)
    eps = epsilon(name, eps)
    if X.size:
        return active().layer_norm_gradients(G, X, m, v, shape, w, eps)
    return np.zeros(shape, X.dtype), np.zeros(shape, X.dtype), np.empty_like(X)
