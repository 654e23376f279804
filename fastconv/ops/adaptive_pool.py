"""Adaptive average pooling of images and of signals, and its gradients."""

from typing import Any

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.rank import rank_of
from fastconv.ops.windows import adaptive_size, check_gradient
from fastconv.types import Array, LineOutputSize, OutputSize, Shape
from fastconv.validate import array


def adaptive_avg_pool2d(input: Array, output_size: OutputSize) -> Array:
    """Take the means of windows that cover the image evenly, as torch.nn.functional.adaptive_avg_pool2d.

    The input is (N, C, H, W), or (C, H, W) for one image, with a channel and a pixel at least; output_size is
    P = Q or (P, Q), None in the pair for the size of the input, 0 for no outputs. Window p has the rows from
    p*H/P, rounded down, to (p+1)*H/P, rounded up. Returns (N, C, P, Q); without N if the input has none.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    return _means("adaptive_avg_pool2d", input, output_size)


def adaptive_avg_pool2d_input(grad_output: Array, input_size: Shape) -> Array:
    """Gradient of adaptive_avg_pool2d with respect to its input: each window shares its gradient.

    Takes grad_output (N, C, P, Q), whose (P, Q) says which windows there were; returns an array of
    shape `input_size` = (N, C, H, W). Both without N for one image. Raises TypeError for wrong
    types, ValueError for shapes that do not fit.
    """
    return _shares("adaptive_avg_pool2d_input", grad_output, input_size)


def adaptive_avg_pool1d(input: Array, output_size: LineOutputSize) -> Array:
    """Take the means of windows that cover the signal evenly, as torch.nn.functional.adaptive_avg_pool1d.

    The input is (N, C, L), or (C, L) for one signal, with a channel and a position at least; output_size is
    P, (None,) for the size of the input, 0 for no outputs. Window p has the positions from p*L/P, rounded
    down, to (p+1)*L/P, rounded up. Returns (N, C, P); without N if the input has none.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    return _means("adaptive_avg_pool1d", input, output_size)


def adaptive_avg_pool1d_input(grad_output: Array, input_size: Shape) -> Array:
    """Gradient of adaptive_avg_pool1d with respect to its input: each window shares its gradient.

    Takes grad_output (N, C, P), whose P says which windows there were; returns an array of shape
    `input_size` = (N, C, L). Both without N for one signal. Raises TypeError for wrong types, ValueError for
    shapes that do not fit.
    """
    return _shares("adaptive_avg_pool1d_input", grad_output, input_size)


def _means(function: str, input: Array, output_size: Any) -> Array:
    rank, X = rank_of(function), array(function, "input", input)
    size = adaptive_size(function, X.shape, output_size)
    if 0 in size:
        return np.empty((*X.shape[: -rank.axes], *size[-rank.axes :]), X.dtype)
    return rank.same_axes(active().adaptive_avg_pool2d(rank.batch(X), size), X)


def _shares(function: str, grad_output: Array, input_size: Shape) -> Array:
    rank, G = rank_of(function), array(function, "grad_output", grad_output)
    shape = validate.size(function, "input_size", input_size)
    check_gradient(function, G, shape)
    if 0 in G.shape[-rank.axes :]:
        return np.zeros(shape, G.dtype)
    return rank.same_axes(active().adaptive_avg_pool2d_input(rank.batch(G), rank.shape(shape)), G)
