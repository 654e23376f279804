"""Interpolation, padding, pixel shuffle and their gradients."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.types import Array, Shape
from fastconv.validate import array, same_shape, wrong_value

Size: TypeAlias = int | tuple[int, ...] | None
Scale: TypeAlias = float | tuple[float, ...] | None

MODES = {"nearest": (3, 4), "linear": (3,), "bilinear": (4,)}
"""By mode, the axes that an input may have."""
BORDERS = ("constant", "reflect", "replicate", "circular")
_LEAST_SCALE, _MOST_SCALE = 2.0**-31, 2.0**31 - 1


def interpolate(
    input: Array,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    """Make images larger or smaller, as torch.nn.functional.interpolate.

    The input is (N, C, H, W), or (N, C, L) for signals, with a channel and a pixel at least. `size` is the
    output's (P, Q), or P, one number for all axes; or `scale_factor` is the factor, of which P = H·factor is
    rounded down. `mode` is "nearest", or "bilinear" for images and "linear" for signals, which with
    `align_corners` put the corners of input and output on each other. Output p lies at the input's
    p·H/P, rounded down, with linear modes (p + ½)·H/P - ½, with `align_corners` p·(H - 1)/(P - 1); in place
    of H/P stands 1/factor if that is given. Returns (N, C, P, Q).
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X = array("interpolate", "input", input)
    _, *options = resampling("interpolate", "input", X.shape, size, scale_factor, mode, align_corners)
    return active().interpolate(X, *options)


def interpolate_input(
    grad_output: Array,
    input_size: Shape,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    """Gradient of interpolate with respect to its input: each output's gradient goes where it was read.

    Takes grad_output (N, C, P, Q) and the size or scale_factor, mode and align_corners of
    `interpolate`; returns an array of shape `input_size` = (N, C, H, W); (N, C, P) and (N, C, L) for
    signals. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "interpolate_input"
    G = array(name, "grad_output", grad_output)
    shape = validate.size(name, "input_size", input_size)
    wanted, *options = resampling(name, "input_size", shape, size, scale_factor, mode, align_corners)
    same_shape(name, "grad_output", G, "input_size and the size", wanted)
    return active().interpolate_input(G, shape, *options)


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = 0.0) -> Array:
    """Put something around an array, as torch.nn.functional.pad.

    `pad` is (before, after) of the last axis, then of the last but one, and so on: (left, right, top, bottom)
    for images; numbers below 0 crop. `mode` is "constant" for `value`, any number, None for 0; "reflect"
    (mirrored at the first and last element), "replicate" (that element again) or "circular" (the other end),
    on at most all axes but the first. Takes an input of any shape (..., H, W), returns one whose axes are
    longer by that. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X = array("pad", "input", input)
    sides = padding("pad", "input", X.shape, pad, mode)
    number = _border("pad", value, X.dtype)
    if number and mode != "constant":
        raise wrong_value("pad", "value", value, f"0 with mode {mode!r}, which does not use it")
    return active().pad(X, sides, mode, number)


def pad_input(grad_output: Array, input_size: Shape, pad: Sequence[int], mode: str = "constant") -> Array:
    """Gradient of pad with respect to its input: the sum over all places where an element went.

    Takes grad_output, shaped as `pad` returns it, and the `pad` and `mode` of `pad`; returns an array of
    shape `input_size`. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    G = array("pad_input", "grad_output", grad_output)
    shape = validate.size("pad_input", "input_size", input_size)
    sides = padding("pad_input", "input_size", shape, pad, mode)
    same_shape("pad_input", "grad_output", G, "input_size and pad", padded_size(shape, sides))
    return active().pad_input(G, shape, sides, mode)


def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """Make pixels of channels, as torch.nn.functional.pixel_shuffle.

    The input is (N, C·r², H, W) with r = upscale_factor, with any axes in place of N, or none. Returns
    (N, C, H·r, W·r): pixel (h·r + i, w·r + j) of channel c is pixel (h, w) of channel c·r² + i·r + j.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X = array("pixel_shuffle", "input", input)
    r = validate.integer("pixel_shuffle", "upscale_factor", upscale_factor)
    size = shuffled_size("pixel_shuffle", X.shape, r)
    y: Array = active().pixel_shuffle(_batch(X), r)
    return y if X.ndim == 4 else y.reshape(size)


def pixel_shuffle_input(grad_output: Array, upscale_factor: int) -> Array:
    """Gradient of pixel_shuffle with respect to its input: pixels become channels, as pixel_unshuffle.

    Takes grad_output (N, C, H·r, W·r) with r = upscale_factor, returns (N, C·r², H, W); both may have any
    axes in place of N, or none. Raises TypeError for wrong types, ValueError for shapes and values that do
    not fit.
    """
    name = "pixel_shuffle_input"
    G = array(name, "grad_output", grad_output)
    r = validate.integer(name, "upscale_factor", upscale_factor)
    if G.ndim < 3 or G.shape[-2] % r or G.shape[-1] % r:
        needs = f"(..., C, H, W) with H and W multiples of {r}"
        raise wrong_value(name, "grad_output", f"shape {G.shape}", needs)
    *lead, c, h, w = G.shape
    validate.few_enough(name, "upscale_factor", r, (c, r, r))
    dx: Array = active().pixel_shuffle_input(_batch(G), r)
    return dx if G.ndim == 4 else dx.reshape(*lead, c * r**2, h // r, w // r)


def shuffled_size(function: str, shape: Shape, r: int) -> Shape:
    """The shape (..., C, H·r, W·r) of a shuffled input of this shape."""
    if len(shape) < 3 or shape[-3] % r**2:
        needs = f"(..., C, H, W) with a multiple of {r**2} channels"
        raise wrong_value(function, "input", f"shape {shape}", needs)
    return (*shape[:-3], shape[-3] // r**2, shape[-2] * r, shape[-1] * r)


def resampling(
    function: str,
    argument: str,
    shape: Shape,
    size: Size,
    scale_factor: Scale,
    mode: str,
    align_corners: bool | None,
) -> tuple[Shape, Shape | None, tuple[float, ...] | None, str, bool]:
    """The shape that an interpolation gives, and its checked arguments."""
    axes, corners = _mode(function, mode, align_corners)
    if len(shape) not in axes or 0 in shape[1:]:
        forms = " or ".join("(N, C, L)" if n == 3 else "(N, C, H, W)" for n in axes)
        got = shape if argument == "input_size" else f"shape {shape}"
        raise wrong_value(
            function, argument, got, f"{forms} with at least one channel and pixel for {mode!r}"
        )
    count = len(shape) - 2
    if (size is None) == (scale_factor is None):
        got = "None" if size is None else f"{size} and scale_factor {scale_factor}"
        raise wrong_value(function, "size", got, "either size or scale_factor")
    sizes = factors = None
    if size is not None:
        sizes = pixels = per_axis(function, "size", size, count)
    else:
        factors = per_axis(function, "scale_factor", scale_factor, count)
        pixels = tuple(int(n * factor) for n, factor in zip(shape[2:], factors, strict=True))
        if 0 in pixels:
            raise wrong_value(function, "scale_factor", scale_factor, f"one that leaves pixels of {shape}")
    output = (*shape[:2], *pixels)
    validate.few_enough(function, "scale_factor" if size is None else "size", pixels, output)
    # Backends know one mode beside nearest.
    return output, sizes, factors, "nearest" if mode == "nearest" else "bilinear", corners


def per_axis(function: str, name: str, value: object, count: int | None = None) -> tuple[Any, ...]:
    """A size or a factor for each of `count` axes, of one for all or a tuple; as given if None."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if count is not None:
        if not isinstance(value, (tuple, list)):
            given *= count
        if len(given) != count:
            raise wrong_value(function, name, value, f"one number or {count}")
    if name == "size":
        return tuple([validate.integer(function, name, n) for n in given])
    return tuple([validate.number(function, name, n, _LEAST_SCALE, _MOST_SCALE) for n in given])


def padding(function: str, argument: str, shape: Shape, pad: Sequence[int], mode: str) -> tuple[int, ...]:
    """The checked padding of an array of this shape."""
    if not isinstance(pad, (tuple, list)) or len(pad) % 2:
        raise wrong_value(function, "pad", pad, "pairs (before, after), beginning with the last axis")
    most = validate.LARGEST
    sides = tuple([validate.integer(function, "pad", number, -most, most) for number in pad])
    if not isinstance(mode, str) or mode not in BORDERS:
        raise wrong_value(function, "mode", repr(mode), ", ".join(map(repr, BORDERS)))
    axes = len(shape) if mode == "constant" else max(0, len(shape) - 1)
    if len(sides) > 2 * axes:
        raise wrong_value(function, "pad", sides, f"at most {2 * axes} numbers for {mode!r} of {shape}")
    for axis in range(len(sides) // 2):
        size, both = shape[-1 - axis], sides[2 * axis : 2 * axis + 2]
        any_number = most if size or mode == "constant" else 0
        limit = {"reflect": max(0, size - 1), "circular": size + min(0, *both)}.get(mode, any_number)
        if max(both) > limit:
            raise wrong_value(function, "pad", sides, f"at most {limit} for {mode!r} of size {size}")
        kept = size + min(both[0], 0), size + min(both[1], 0), size + sum(both)
        if min(kept) < 0:
            raise wrong_value(function, "pad", sides, f"to crop at most the {size} elements of an axis")
    validate.few_enough(function, "pad", sides, padded_size(shape, sides))
    return sides


def _border(function: str, value: float | None, dtype: np.dtype[Any]) -> float:
    """The checked value of a border, which may be NaN or infinite; None is 0."""
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return 0.0 if value is None else math.nan
    number, most = validate.number(function, "value", value, -math.inf, math.inf), float(np.finfo(dtype).max)
    if most < abs(number) < math.inf:
        raise wrong_value(function, "value", value, f"a number that {dtype} holds, at most {most}")
    return number


def padded_size(shape: Shape, sides: Sequence[int]) -> Shape:
    """The shape of an array of this shape with this padding."""
    longer = [before + after for before, after in zip(sides[::2], sides[1::2], strict=True)][::-1]
    first = len(shape) - len(longer)
    return (*shape[:first], *(n + more for n, more in zip(shape[first:], longer, strict=True)))


def _mode(function: str, mode: str, align_corners: bool | None) -> tuple[tuple[int, ...], bool]:
    """The numbers of axes that the mode takes, and whether corners are aligned."""
    if not isinstance(mode, str) or mode not in MODES:
        raise wrong_value(function, "mode", repr(mode), ", ".join(map(repr, MODES)))
    if align_corners is None:
        return MODES[mode], False
    corners = validate.flag(function, "align_corners", align_corners)
    if mode == "nearest":
        raise wrong_value(function, "align_corners", corners, "None with mode 'nearest'")
    return MODES[mode], corners


def _batch(x: Array) -> Array:
    """All axes before the last three as one."""
    return x if x.ndim == 4 else x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:])
