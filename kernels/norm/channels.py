"""Mean and variance of channels or groups of channels, the affine map that they define, and its gradient.

In memory the images are rows of channels: one block of all of them where statistics have the shape (C,), a
block for each image where they have the shape (N, G).
"""

import math

import numpy as np

from ..engine.geometry import vector
from ..memory.buffers import channels_last, empty, empty_channels_last, plain, settled, streams
from . import columns
from .sheet import sheet

WORK = 16.0
"""Work of an element that is read, and maybe written."""
_DOUBLE = np.dtype(np.float64)
_NO_COUNTER = np.empty(0, np.int64)


def channel_statistics(input, num_groups=None):
    """mean = E[x], var = E[(x - mean)^2], over batch and pixels of a channel or over a sample's group.

    input (N, C, *), to two arrays (C,), or (N, num_groups).
    """
    x, (blocks, size, channels, groups) = _flat(input), _sizes(input, num_groups)
    g = sheet(x.dtype, blocks, size, channels, groups)
    shape = (channels,) if num_groups is None else (blocks, groups)
    mean, var = empty(shape, x.dtype), empty(shape, x.dtype)
    lines = empty((blocks * g.period,), x.dtype)
    columns._center(blocks, WORK * lines.size, g, x, size, g.members, lines, g.period)
    sums = empty((blocks * g.parts * 2 * g.period,), _DOUBLE)
    columns._sums(blocks * g.parts, WORK * x.size, g, x, x, x, lines, g.period, sums)
    columns._moments(blocks, WORK * sums.size, g, lines, sums, mean.ravel(), var.ravel())
    return mean, var


def channel_norm(input, mean, var, weight=None, bias=None, eps=1e-5, relu=False):
    """y = weight * (x - mean) / sqrt(var + eps) + bias, or max(y, 0) with relu."""
    x, (blocks, size, channels, groups) = _flat(input), _sizes(input, _groups(mean))
    g = sheet(x.dtype, blocks, size, channels, groups)
    none = np.empty(0, x.dtype)
    weight, bias = (none if a is None else plain(a) for a in (weight, bias))
    lines, (line, y) = empty((3 * blocks * g.period,), x.dtype), _empty(input)
    columns.affine_lines(
        blocks, WORK * lines.size, g, none, plain(mean).ravel(), plain(var).ravel(), weight, bias, eps, lines
    )
    least = 0.0 if relu else -math.inf
    columns._affine(blocks * g.parts, WORK * x.size, g, x, settled(lines), line, least, _bypass(line, g))
    return y


def channel_norm_gradients(
    grad_output,
    input,
    mean,
    var,
    weight=None,
    eps=1e-5,
    training=True,
    output=None,
    input_gradient=True,
):
    """db = sum dy, dw = sum dy * z, dx = (w*dy - E[w*dy] - z * E[w*dy*z]) / sqrt(var + eps).

    z = (x - mean) / sqrt(var + eps), the means E over what shares a mean; without `training` they are 0. dy
    counts where output > 0, if it is given. Returns dw, db (C,), and dx with input_gradient.
    """
    x, dy = _flat(input), _flat(grad_output)
    y = x if output is None else _flat(output)
    blocks, size, channels, groups = _sizes(input, _groups(mean))
    g = sheet(x.dtype, blocks, size, channels, groups)
    of_gradient = sheet(x.dtype, blocks, size, channels, groups, 1, int(output is not None))
    dw, db = empty((channels,), x.dtype), empty((channels,), x.dtype)
    lines = empty((4 * blocks * g.period,), x.dtype)
    columns._center(blocks, WORK * blocks * g.period, g, plain(mean).ravel(), groups, 1, lines, 4 * g.period)
    sums = empty((blocks * g.parts * 2 * g.period,), _DOUBLE)
    columns._sums(blocks * g.parts, WORK * x.size, of_gradient, x, dy, y, lines, 4 * g.period, sums)
    parameters = empty((blocks * 2 * channels,), _DOUBLE)
    weight = np.empty(0, x.dtype) if weight is None else plain(weight)
    columns._slopes(
        blocks, WORK * sums.size, g, sums, plain(var).ravel(), weight, eps, not training, lines, parameters
    )
    columns._parameter_gradients(-(-channels // g.lanes), 8.0 * parameters.size, g, parameters, dw, db)
    if not input_gradient:
        return dw, db
    line, dx = _empty(input)
    columns._gradient(blocks * g.parts, WORK * x.size, of_gradient, x, dy, y, lines, line, _bypass(line, g))
    return dw, db, dx


def update_statistics(running_mean, running_var, mean, var, count, momentum, batches=None):
    """running = (1 - momentum) * running + momentum * batch, in place; var becomes unbiased.

    All (C,); `mean` and `var` are those of a batch of `count` values each. `batches`, an int64 array (),
    grows by 1; momentum None is 1 / batches then.
    """
    counter = _NO_COUNTER if batches is None else batches.reshape(1)
    columns._update(
        1, WORK * mean.size, vector(mean.dtype), running_mean, running_var, mean, var,
        math.nan if momentum is None else float(momentum), count / (count - 1), counter,
    )  # fmt: skip


def _groups(statistic):
    return None if statistic.ndim == 1 else statistic.shape[1]


def _sizes(input, groups):
    """Blocks, elements of a block, channels, groups."""
    samples, channels = input.shape[:2]
    if groups is None:
        return 1, input.size, channels, channels
    return samples, math.prod(input.shape[1:]), channels, groups


def _as_images(input):
    """(N, C, *) as (N, C, H, W)."""
    if input.ndim == 4:
        return input
    last = input.shape[-1] if input.ndim > 2 else 1
    return input.reshape(*input.shape[:2], math.prod(input.shape[2:-1]), last)


def _flat(input):
    """The elements in the order N, *, C."""
    return plain(input).ravel() if input.ndim == 2 else channels_last(_as_images(input))


def _empty(input):
    """Flat memory and the same as an array of the shape of the input, its channels side by side."""
    line, image = empty_channels_last(_as_images(input).shape, input.dtype)
    return line, image.reshape(input.shape) if input.ndim != 4 else image


def _bypass(line, g):
    """Whether to write a sheet past the caches: its rows and blocks have to begin with whole vectors."""
    return streams(line, g.period if g.blocks == 1 else math.gcd(g.period, g.size))
