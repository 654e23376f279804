"""Layers that rearrange, surround or crop."""

import math
from dataclasses import replace

from fastconv import nn
from fastconv.interop.keras.step import FORMATS, Step
from fastconv.interop.keras.values import Value


def flatten(step: Step, value: Value) -> Value:
    """Flatten: of an image in our order, which the value keeps in mind, since Keras flattens (H, W, C)."""
    if value.rank == 1:
        return value
    if step.choice("data_format", *FORMATS) == "channels_first":
        value = value.relabelled((*range(1, value.rank), 0))
    shape = step.known(value.shape)
    flat = step.apply(nn.Flatten, value, axes=(0,))
    moved = [axis for axis in value.axes if shape[axis] > 1]
    return replace(flat, folded=(shape, value.axes)) if moved != sorted(moved) else flat


def reshape(step: Step, value: Value) -> Value:
    """Reshape: of the elements in Keras's order."""
    value = step.builder.plain(value)
    target, size = step.values.get("target_shape"), math.prod(step.known(value.shape))
    if not isinstance(target, list) or not all(type(n) is int and (n > 0 or n == -1) for n in target):
        raise step.wrong("target_shape", "sizes, one of them may be -1")
    known = math.prod(tuple(n for n in target if n > 0))
    if target.count(-1) > 1 or size % known or (-1 not in target and size != known):
        raise step.wrong("target_shape", f"that of {size} elements")
    shape = tuple(size // known if n == -1 else n for n in target)
    return step.apply(lambda: nn.Reshape(shape), value, axes=tuple(range(len(shape))))


def permute(step: Step, value: Value) -> Value:
    """Permute: our array stays as it is, its axes have other places in Keras's."""
    dims = step.values.get("dims")
    if not isinstance(dims, list) or sorted(n for n in dims if type(n) is int) != [*range(1, value.rank + 1)]:
        raise step.wrong("dims", f"the axes 1 to {value.rank}, each once")
    return step.builder.unfolded(value).relabelled(tuple(n - 1 for n in dims))


def zero_padding(step: Step, value: Value, axes: int) -> Value:
    """ZeroPadding1D, ZeroPadding2D: zeros around."""
    return _around(step, value, axes, "padding", 1)


def cropping(step: Step, value: Value, axes: int) -> Value:
    """Cropping1D, Cropping2D: a border taken away."""
    return _around(step, value, axes, "cropping", -1)


def up_sampling(step: Step, value: Value, axes: int) -> Value:
    """UpSampling1D, UpSampling2D: by whole factors."""
    value, factors = step.image(value, axes), step.sizes("size", axes)
    mode = step.choice("interpolation", "nearest", "bilinear") if axes == 2 else "nearest"
    return step.apply(lambda: nn.Upsample(scale_factor=factors, mode=mode), value)


def _around(step: Step, value: Value, axes: int, name: str, sign: int) -> Value:
    """Zeros around an image, or fewer pixels at its sides."""
    sides = step.sides(name, axes)
    value = step.image(value, axes)
    padding = tuple(sign * n for side in reversed(sides) for n in side)
    return step.apply(lambda: nn.ZeroPad2d(padding) if axes == 2 else nn.ZeroPad1d(padding), value)
