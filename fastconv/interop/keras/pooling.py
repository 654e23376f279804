"""Poolings: by windows, and of whole images."""

from collections.abc import Callable
from typing import Any

from fastconv import nn
from fastconv.interop.keras.step import Step
from fastconv.interop.keras.values import Value

MAXIMA: dict[int, Callable[..., nn.Layer]] = {1: nn.MaxPool1d, 2: nn.MaxPool2d}
AVERAGES: dict[int, Callable[..., nn.Layer]] = {1: nn.AvgPool1d, 2: nn.AvgPool2d}


def max_pooling(step: Step, value: Value, axes: int) -> Value:
    """MaxPooling1D, MaxPooling2D: the largest of what a window sees."""
    return _windows(step, value, axes, MAXIMA[axes], {})


def average_pooling(step: Step, value: Value, axes: int) -> Value:
    """AveragePooling1D, AveragePooling2D: the mean of what a window sees of the image."""
    return _windows(step, value, axes, AVERAGES[axes], {"count_include_pad": False})


def global_max_pooling(step: Step, value: Value, axes: int) -> Value:
    """GlobalMaxPooling1D, GlobalMaxPooling2D; here a signal is an image of one row."""
    value = step.image(value, axes)
    if axes == 1:
        (channels,), (_, length) = step.known(value.shape[-1:]), value.sizes
        row = Value(value.node, (1, length, channels), (2, 0, 1))
        row = Value(
            step.node(nn.Unflatten(1, (step.channels(value), 1)), [value], "row"), row.shape, row.axes
        )
        return _global(step, row, nn.AdaptiveMaxPool2d, value)
    return _global(step, value, nn.AdaptiveMaxPool2d, value)


def global_average_pooling(step: Step, value: Value, axes: int) -> Value:
    """GlobalAveragePooling1D, GlobalAveragePooling2D: the mean of each channel."""
    value = step.image(value, axes)
    return _global(step, value, nn.AdaptiveAvgPool1d if axes == 1 else nn.AdaptiveAvgPool2d, value)


def _windows(
    step: Step, value: Value, axes: int, kind: Callable[..., nn.Layer], options: dict[str, Any]
) -> Value:
    value = step.image(value, axes)
    size = step.sizes("pool_size", axes)
    stride = size if step.values.get("strides") is None else step.sizes("strides", axes)
    padding = 0 if step.choice("padding", "valid", "same") == "valid" else "same_upper"
    return step.apply(lambda: kind(size, stride, padding, **options), value)


def _global(step: Step, image: Value, kind: Callable[..., nn.Layer], given: Value) -> Value:
    """One number a channel of the image: the last axis of what was given, or with `keepdims` all its axes."""
    pooled = step.apply(lambda: kind(1), image, axes=image.axes)
    if not step.flag("keepdims", False):
        return step.apply(nn.Flatten, pooled, "flatten", (0,))
    return (
        pooled if image.rank == given.rank else step.apply(lambda: nn.Flatten(2), pooled, "keep", given.axes)
    )
