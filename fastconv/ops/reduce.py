"""Sums and means over axes, and their gradients."""

import math

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.types import Array, Shape
from fastconv.validate import array, arrays, same_shape, wrong_value


def sum_to_size(input: Array, size: Shape, factor: Array | None = None) -> Array:
    """Sum an array, or its product with `factor`, to a smaller shape, as Tensor.sum_to_size of PyTorch.

    It is broadcasting backwards: sums run over the axes that are 1 in `size` and those that it has not, at
    the front. The factor has the shape of the input (..., d, ...). Returns an array of shape `size`.
    TypeError for wrong types, ValueError for shapes that do not fit.
    """
    name = "sum_to_size"
    x, f = arrays(name, ("input", "factor"), input, factor, optional=1)
    shape = validate.size(name, "size", size)
    if f is not None:
        same_shape(name, "factor", f, "input", x.shape)
    last = x.shape[max(0, x.ndim - len(shape)) :]
    if len(shape) > x.ndim or any(n not in (1, m) for n, m in zip(shape, last, strict=True)):
        raise wrong_value(name, "size", shape, f"one that broadcasts to the input's {x.shape}")
    result: Array = active().sum_to_size(x, shape, f)
    return result


def mean(input: Array, dim: int | Shape, keepdim: bool = False) -> Array:
    """Take the mean over one axis or several, as torch.mean.

    The input has any shape (..., d, ...); `dim` is an axis or a tuple of axes, below 0 from the end. Returns
    the shape without these axes, with `keepdim` 1 in their place. Over (2, 3) of images (N, C, H, W) it is
    `adaptive_avg_pool2d`. TypeError for wrong types, ValueError for axes that are not there, and for none to
    take a mean of.
    """
    x = array("mean", "input", input)
    kept, result = shape_of_mean("mean", "input", x.shape, dim, keepdim)
    if _of_pixels(x.shape, kept):
        return active().adaptive_avg_pool2d(x, (1, 1)).reshape(result)
    y: Array = active().sum_to_size(x, kept)
    y /= math.prod(x.shape) // max(1, y.size) if y.size else 1
    return y.reshape(result)


def mean_input(grad_output: Array, input_size: Shape, dim: int | Shape, keepdim: bool = False) -> Array:
    """Gradient of mean with respect to its input: each element gets an equal share of its mean's gradient.

    Takes grad_output, shaped as `mean` returns it, and its dim and keepdim; returns an array of shape
    `input_size`. TypeError for wrong types, ValueError for shapes that do not fit.
    """
    name = "mean_input"
    G = array(name, "grad_output", grad_output)
    shape = validate.size(name, "input_size", input_size)
    kept, result = shape_of_mean(name, "input_size", shape, dim, keepdim)
    same_shape(name, "grad_output", G, "input_size and dim", result)
    if _of_pixels(shape, kept):
        return active().adaptive_avg_pool2d_input(G.reshape(kept), shape)
    order = (0, 2, 3, 1) if len(shape) == 4 else range(len(shape))  # images lie channels-last
    dx = np.empty([shape[axis] for axis in order], G.dtype).transpose(np.argsort(order))
    dx[...] = G.reshape(kept) / (math.prod(shape) // max(1, G.size))
    return dx


def shape_of_mean(
    function: str, argument: str, shape: Shape, dim: int | Shape, keepdim: bool
) -> tuple[Shape, Shape]:
    """The shape of a mean over these axes with 1 in their place, and the one that is returned."""
    given = dim if isinstance(dim, (tuple, list)) else (dim,)
    axes = [validate.axis(function, axis, shape) for axis in given]
    if not axes or not shape or len({*axes}) < len(axes):
        raise wrong_value(function, "dim", dim, f"one or more axes of {shape}, each once")
    if any(not shape[axis] for axis in axes):
        got = shape if argument == "input_size" else f"shape {shape}"
        raise wrong_value(function, argument, got, f"elements along {dim} to take the mean of")
    kept = tuple(1 if axis in axes else n for axis, n in enumerate(shape))
    if validate.flag(function, "keepdim", keepdim):
        return kept, kept
    return kept, tuple(n for axis, n in enumerate(shape) if axis not in axes)


def _of_pixels(shape: Shape, kept: Shape) -> bool:
    """Whether it is the mean of each plane of images."""
    return len(shape) == 4 and kept == (*shape[:2], 1, 1) and 0 not in shape
