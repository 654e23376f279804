"""Layers that act in training alone."""

from fastconv import nn
from fastconv.interop.keras.step import Step
from fastconv.interop.keras.values import Value


def dropout(step: Step, value: Value) -> Value:
    """Dropout of elements; one with masks of another shape, `noise_shape`, is left out."""
    if step.values.get("noise_shape") is not None:
        return left_out(step, value)
    rate = step.number("rate")
    return step.apply(lambda: nn.Dropout(rate), value)


def spatial_dropout(step: Step, value: Value) -> Value:
    """SpatialDropout2D: of channels."""
    value = step.image(value, 2)
    rate = step.number("rate")
    return step.apply(lambda: nn.Dropout2d(rate), value)


def left_out(step: Step, value: Value) -> Value:
    """A layer that does nothing in prediction, and has no counterpart here; `load` tells which there were."""
    step.reading.left_out.append(f"{step.name} ({step.kind})")
    return value
