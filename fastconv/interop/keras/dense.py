"""Dense: the last axis of Keras's array, mapped by a matrix (in, out)."""

from fastconv import nn
from fastconv.interop.keras.activation import activated
from fastconv.interop.keras.convolution import LAYERS, point
from fastconv.interop.keras.step import Step, filled
from fastconv.interop.keras.values import Value


def dense(step: Step, value: Value) -> Value:
    """A Linear; for an array whose first axis is Keras's last, a convolution of single pixels.

    What follows a flattened image takes its elements in our order: the weights are permuted.
    """
    (features,), units = step.known(value.shape[-1:]), step.integer("units")
    if step.values.get("quantization_config") is not None:
        raise step.wrong("quantization_config", "none: floats")
    last = value.rank - 1
    pixelwise = last in LAYERS and value.axes[0] == last
    if not pixelwise and value.axes[-1] != last:
        value = step.builder.plain(value)

    def make() -> nn.Layer:
        kernel = step.weight(0, (features, units))
        bias = step.weight(1, (units,)) if step.flag("use_bias") else None
        if pixelwise:
            return point(kernel, bias, last)
        layer = nn.Linear(features, units, bias is not None, dtype=step.dtype)
        return filled(layer, value.in_our_order(kernel).T, bias)

    mapped = step.apply(make, value)
    result = Value(mapped.node, mapped.shape, mapped.axes)
    return activated(step, result)
