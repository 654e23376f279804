"""Dropout. It draws random numbers and multiplies, so NumPy alone does it on every backend."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.types import Array, Shape
from fastconv.validate import array, arrays, same_shape


def dropout(
    input: Array, p: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None
) -> Array:
    """Zero each element with probability `p` and scale the others by 1 / (1 - p).

    As torch.nn.functional.dropout; the mask is `dropout_mask(input.shape, p, rng, input.dtype)`.
    Any shape. `rng` is a NumPy Generator, a seed, or None for fresh randomness. With
    training=False: a copy of the input. Raises TypeError for wrong types, ValueError unless 0 <= p <= 1.
    """
    x = array("dropout", "input", input)
    p, rng = _options("dropout", p, rng)
    if not validate.flag("dropout", "training", training):
        return x.copy()
    return x * _drawn(x.shape, p, rng, x.dtype)


def dropout_input(mask: Array, grad_output: Array) -> Array:
    """Gradient of dropout with respect to its input: grad_output * mask.

    The mask is that of the forward call; both have one shape, which is returned.
    """
    m, g = arrays("dropout_input", ("mask", "grad_output"), mask, grad_output)
    same_shape("dropout_input", "grad_output", g, "mask", m.shape)
    return g * m


def dropout2d(
    input: Array, p: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None
) -> Array:
    """Zero each channel of each sample with probability `p` and scale the others by 1 / (1 - p).

    As torch.nn.functional.dropout2d; the mask is `dropout_mask((N, C, 1, 1), p, rng, input.dtype)`.
    The input is (N, C, H, W), or (N, C, L) with the mask (N, C, 1). `rng` and `training` as in `dropout`.
    Raises TypeError for wrong types, ValueError for another shape or unless 0 <= p <= 1.
    """
    x = array("dropout2d", "input", input)
    p, rng = _options("dropout2d", p, rng)
    shape = channel_mask_shape("dropout2d", x.shape)
    if not validate.flag("dropout2d", "training", training):
        return x.copy()
    return x * _drawn(shape, p, rng, x.dtype)


def dropout2d_input(mask: Array, grad_output: Array) -> Array:
    """Gradient of dropout2d with respect to its input: grad_output * mask.

    The mask is that of the forward call, (N, C, 1, 1) for grad_output (N, C, H, W), which has the shape
    returned. Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    name = "dropout2d_input"
    m, g = arrays(name, ("mask", "grad_output"), mask, grad_output)
    if g.ndim not in (3, 4):
        raise validate.wrong_value(name, "grad_output", f"shape {g.shape}", "(N, C, H, W) or (N, C, L)")
    same_shape(name, "mask", m, "grad_output", (*g.shape[:2], *(1,) * (g.ndim - 2)))
    return g * m


def channel_mask_shape(function: str, shape: Shape) -> Shape:
    """The shape of a mask of whole channels, for an input of this shape."""
    if len(shape) not in (3, 4):
        raise validate.wrong_value(function, "input", f"shape {shape}", "(N, C, H, W) or (N, C, L)")
    return (*shape[:2], *(1,) * (len(shape) - 2))


def dropout_mask(
    shape: Shape,
    p: float = 0.5,
    rng: np.random.Generator | int | None = None,
    dtype: DTypeLike = np.float32,
) -> Array:
    """Draw the factors of dropout: 0 with probability `p`, otherwise 1 / (1 - p).

    Returns an array of this shape. `rng` is a NumPy Generator, a seed, or None for fresh
    randomness; one seed gives one mask, whatever the dtype. Raises TypeError for wrong types,
    ValueError unless 0 <= p <= 1.
    """
    shape = validate.size("dropout_mask", "shape", shape)
    p, rng = _options("dropout_mask", p, rng)
    return _drawn(shape, p, rng, validate.float_type("dropout_mask", "dtype", dtype))


def _options(
    function: str, p: float, rng: np.random.Generator | int | None
) -> tuple[float, np.random.Generator | int | None]:
    if not (rng is None or isinstance(rng, np.random.Generator)):
        rng = validate.integer(function, "rng", rng, low=0, high=2**63 - 1)
    return validate.number(function, "p", p, 0, 1), rng


def _drawn(shape: Shape, p: float, rng: np.random.Generator | int | None, dtype: np.dtype[Any]) -> Array:
    # Always float32 draws, so that the dtype does not change which elements are dropped.
    mask = (np.random.default_rng(rng).random(shape, dtype=np.float32) >= p).astype(dtype)
    mask *= 1 / (1 - p) if p < 1 else 0
    return mask
