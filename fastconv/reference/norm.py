"""Normalisation: statistics, then an affine map, then its gradients.

Statistics of shape (C,) are those of a channel over batch and pixels (batch norm), of shape (N, G) those of a
sample's groups of C / G neighbouring channels (group norm; instance norm with G = C).
"""

import math

import numpy as np

from fastconv.types import Array, Shape


def channel_statistics(input: Array, num_groups: int | None = None) -> tuple[Array, Array]:
    """mean = E[x] and var = E[(x - mean)^2], over batch and pixels of a channel or over a sample's group.

    input (N, C, *), to two arrays (C,), or (N, num_groups).
    """
    of_channel = input.swapaxes(0, 1).reshape(input.shape[1], -1)
    X = of_channel if num_groups is None else input.reshape(len(input), num_groups, -1)
    X = X.astype(np.float64)
    mean = X.mean(axis=-1, keepdims=True)
    var = ((X - mean) ** 2).mean(axis=-1)
    return mean[..., 0].astype(input.dtype), var.astype(input.dtype)


def channel_norm(
    input: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
    relu: bool = False,
) -> Array:
    """y = weight * (x - mean) / sqrt(var + eps) + bias, or max(y, 0) with relu."""
    Y = _standardized(input, mean, var, eps)
    Y = Y * _scale(weight, input) + (0.0 if bias is None else _of_channels(bias, input))
    return (np.where(Y <= 0, 0, Y) if relu else Y).astype(input.dtype)


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
    """db = sum dy, dw = sum dy * z, dx = (w*dy - E[w*dy] - z * E[w*dy*z]) / sqrt(var + eps).

    z = (x - mean) / sqrt(var + eps), the means E over what shares a mean; without `training` they are 0. dy
    counts where output > 0, if it is given. Returns dw, db (C,), and dx with input_gradient.
    """
    G = grad_output.astype(np.float64)
    if output is not None:
        G = np.where(output <= 0, 0, G)
    Z = _standardized(input, mean, var, eps)
    axes = (0, *range(2, input.ndim))
    gradients = [(G * Z).sum(axis=axes).astype(input.dtype), G.sum(axis=axes).astype(input.dtype)]
    if input_gradient:
        dZ = G * _scale(weight, input)
        if training:
            dZ = dZ - _means(dZ, mean) - Z * _means(dZ * Z, mean)
        dX = _divided(dZ, _spread(var, input), eps)
        gradients.append(dX.astype(input.dtype))
    return tuple(gradients)


def update_statistics(
    running_mean: Array,
    running_var: Array,
    mean: Array,
    var: Array,
    count: int,
    momentum: float | None,
    batches: Array | None = None,
) -> None:
    """running = (1 - momentum) * running + momentum * batch, in place; var becomes unbiased.

    All (C,); `mean` and `var` are those of a batch of `count` values each: the unbiased variance is
    var * count / (count - 1). `batches`, an int64 array (), grows by 1; momentum None is 1 / batches then,
    which makes the running statistics the means over all of them.
    """
    if batches is not None:
        batches += 1
        momentum = 1 / int(batches) if momentum is None else momentum
    assert momentum is not None
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is inf
        for running, batch in ((running_mean, mean), (running_var, var * np.float64(count / (count - 1)))):
            running[...] = (1 - momentum) * running.astype(np.float64) + momentum * batch


def layer_norm(
    input: Array,
    normalized_shape: Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
    return_statistics: bool = False,
) -> Array | tuple[Array, Array, Array]:
    """y = weight * (x - mean) / sqrt(var + eps) + bias, mean and var over the last axes, `normalized_shape`.

    Returns y, and with `return_statistics` mean and var, of the shape of the axes before.
    """
    rows = input.reshape(_rows(input.shape, normalized_shape)).astype(np.float64)
    mean = rows.mean(axis=1)
    var = ((rows - mean[:, None]) ** 2).mean(axis=1)
    Y = _divided(rows - mean[:, None], var[:, None], eps).reshape(input.shape)
    Y = Y * (1.0 if weight is None else weight) + (0.0 if bias is None else bias)
    before = input.shape[: input.ndim - len(normalized_shape)]
    statistics = (mean.reshape(before).astype(input.dtype), var.reshape(before).astype(input.dtype))
    return (Y.astype(input.dtype), *statistics) if return_statistics else Y.astype(input.dtype)


def layer_norm_gradients(
    grad_output: Array,
    input: Array,
    mean: Array,
    var: Array,
    normalized_shape: Shape,
    weight: Array | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """dw = sum dy * z, db = sum dy over the rows, dx = (w*dy - E[w*dy] - z * E[w*dy*z]) / sqrt(var + eps).

    z = (x - mean) / sqrt(var + eps), the means E over a row, the last axes. Returns dw, db, dx.
    """
    size = _rows(input.shape, normalized_shape)
    X, G = (array.reshape(size).astype(np.float64) for array in (input, grad_output))
    Z = _divided(X - mean.reshape(-1, 1), var.reshape(-1, 1), eps)
    dZ = G * (1.0 if weight is None else weight.ravel())
    dX = dZ - dZ.mean(axis=1, keepdims=True) - Z * (dZ * Z).mean(axis=1, keepdims=True)
    dw, db = (G * Z).sum(axis=0).reshape(normalized_shape), G.sum(axis=0).reshape(normalized_shape)
    dx = _divided(dX, var.reshape(-1, 1), eps).reshape(input.shape)
    return dw.astype(input.dtype), db.astype(input.dtype), dx.astype(input.dtype)


def _rows(shape: Shape, normalized_shape: Shape) -> tuple[int, int]:
    return math.prod(shape[: len(shape) - len(normalized_shape)]), math.prod(normalized_shape)


def _of_channels(values: Array, input: Array) -> Array:
    """Values of shape (C,) or (N, C) beside an input (N, C, *)."""
    return values.reshape(*((1, -1) if values.ndim == 1 else values.shape), *[1] * (input.ndim - 2))


def _spread(statistic: Array, input: Array) -> Array:
    """A statistic beside the input."""
    if statistic.ndim == 2:
        statistic = np.repeat(statistic, input.shape[1] // statistic.shape[1], axis=1)
    return _of_channels(statistic, input)


def _standardized(input: Array, mean: Array, var: Array, eps: float) -> Array:
    return _divided(input.astype(np.float64) - _spread(mean, input), _spread(var, input), eps)


def _scale(weight: Array | None, input: Array) -> Array | float:
    return 1.0 if weight is None else _of_channels(weight, input)


def _means(values: Array, statistic: Array) -> Array:
    """The mean of what shares a statistic, beside the values."""
    mean, _ = channel_statistics(values, None if statistic.ndim == 1 else statistic.shape[1])
    return _spread(mean, values)


def _divided(values: Array, var: Array, eps: float) -> Array:
    """values / sqrt(var + eps), as it comes where there is no such number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return values / np.sqrt(var.astype(np.float64) + eps)
