"""Layers that normalise, and those that scale."""

from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.keras.step import Step
from fastconv.interop.keras.values import Value
from fastconv.types import Array, Shape

TINY = 1e-7
"""Keras divides by no standard deviation below this."""


def batch_normalization(step: Step, value: Value) -> Value:
    """BatchNormalization: `momentum` is the share of the statistics that stays; here that of the batch."""
    value = step.first(value, step.axis("axis", value.rank))
    channels = step.channels(value)
    eps, momentum = step.number("epsilon"), round(1 - step.number("momentum"), 12)
    if value.rank > 3:
        raise ValueError(f"got samples of {value.rank} axes, needs at most 3")
    if step.flag("renorm", False):
        raise step.wrong("renorm", "False")

    def make() -> nn.Layer:
        affine = _parameters(step, value, (channels,))
        both = [step.weight(len(affine) + index, (channels,)) for index in (0, 1)]
        kind = nn.BatchNorm2d if value.rank == 3 else nn.BatchNorm1d
        layer = _filled(kind(channels, eps, momentum, bool(affine), dtype=step.dtype), affine)
        for own, statistic in zip((layer.running_mean, layer.running_var), both, strict=True):
            own[...] = value.in_our_order(statistic)
        return layer

    return step.apply(make, value)


def layer_normalization(step: Step, value: Value) -> Value:
    """LayerNormalization over some axes, which become the last ones."""
    if step.flag("rms_scaling", False):
        raise step.wrong("rms_scaling", "False")
    axes = step.axes("axis", value.rank, step.values.get("axis", -1))
    if {*value.axes[-len(axes) :]} != {*axes}:
        value = step.builder.moved(value, (*(axis for axis in range(value.rank) if axis not in axes), *axes))
    own = value.axes[-len(axes) :]
    shape = step.known(tuple(value.shape[axis] for axis in axes))
    order = tuple(axes.index(axis) for axis in own)
    eps = step.number("epsilon")

    def make() -> nn.Layer:
        affine = _parameters(step, value, shape, order)
        ours = tuple(shape[axis] for axis in order)
        layer = nn.LayerNorm(ours, eps, bool(affine), "bias" in affine, dtype=step.dtype)
        return _filled(layer, affine)

    return step.apply(make, value)


def group_normalization(step: Step, value: Value) -> Value:
    """GroupNormalization; -1 groups are as many as there are channels."""
    value = step.builder.unfolded(step.first(value, step.axis("axis", value.rank)))
    channels, groups = step.channels(value), step.integer("groups", -1)
    groups = channels if groups == -1 else groups
    eps = step.number("epsilon")

    def make() -> nn.Layer:
        affine = _parameters(step, value, (channels,))
        layer = nn.GroupNorm(groups, channels, eps, bool(affine), dtype=step.dtype)
        return _filled(layer, affine)

    return step.apply(make, value)


def rescaling(step: Step, value: Value) -> Value:
    """Rescaling: x · scale + offset, numbers or arrays that broadcast against a sample."""
    scale, offset = (step.numbers(name, value.rank, step.dtype) for name in ("scale", "offset"))
    return affine(step, value, scale, offset)


def normalization(step: Step, value: Value) -> Value:
    """Normalization: (x - mean) / √variance, of some axes, from the settings or from weights."""
    given = step.values.get("axis")
    axes = () if given in (None, []) else step.axes("axis", value.rank, given)
    inner = step.known(tuple(value.shape[axis] for axis in axes))
    if step.values.get("mean") is None:
        both = [step.weight(index, inner) for index in (0, 1)]
    else:
        both = [step.numbers(name, len(axes), step.dtype) for name in ("mean", "variance")]
    mean, variance = (_spread(array, axes, value.rank) for array in both)
    if not np.all(variance >= 0):
        raise ValueError("variance: got numbers below 0, needs none")
    deviation = np.maximum(np.sqrt(variance), TINY)
    if step.flag("invert", False):
        return affine(step, value, deviation, mean)
    return affine(step, value, 1 / deviation, -mean / deviation)


def affine(step: Step, value: Value, scale: Array | None, offset: Array | None, suffix: str = "") -> Value:
    """The value · scale + offset, constants of a sample's rank, 1 where they do not differ; None is none."""
    value = step.builder.unfolded(value)

    def make() -> nn.Layer:
        given = [array if array is None else _like(array, value) for array in (scale, offset)]
        shapes = [array if array is None else array.shape for array in given]
        layer = nn.Affine(*shapes, dtype=step.dtype)
        for parameter, array in zip((layer.weight, layer.bias), given, strict=True):
            if parameter is not None:
                parameter[...] = array
        layer.freeze()
        return layer

    return step.apply(make, value, suffix)


def _like(array: Array, value: Value) -> Array:
    """A constant of Keras as one that stands to our samples, without axes if it is one number."""
    return array.reshape(()) if array.size == 1 else array.transpose(value.axes)


def _spread(array: Array, axes: tuple[int, ...], rank: int) -> Array:
    """An array of these axes of a sample as one of all its axes."""
    shape = [1] * rank
    for axis, size in zip(axes, array.shape, strict=True):
        shape[axis] = size
    return array.reshape(shape)


def _parameters(step: Step, value: Value, shape: Shape, order: tuple[int, ...] = (0,)) -> dict[str, Array]:
    """The weight and the bias that the file has, its first arrays; `order`: their axes as they are here."""
    names = [name for name, setting in (("weight", "scale"), ("bias", "center")) if step.flag(setting)]
    arrays = [value.in_our_order(step.weight(number, shape)) for number in range(len(names))]
    return {name: array.transpose(order) for name, array in zip(names, arrays, strict=True)}


def _filled(layer: Any, affine: dict[str, Array]) -> Any:
    """The layer with these parameters; one that Keras has not stays 1, or 0, and is not trained."""
    for name in layer.parameters():
        if name in affine:
            getattr(layer, name)[...] = affine[name]
        else:
            layer.freeze(name)
    return layer
