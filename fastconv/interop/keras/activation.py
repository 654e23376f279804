"""Activations: layers of their own, and the `activation` of other layers."""

import math
from collections.abc import Callable

from fastconv import nn
from fastconv.interop.keras.step import Step, filled
from fastconv.interop.keras.values import Value

SLOPE = 0.2
"""The slope of Keras's function leaky_relu below 0."""

FUNCTIONS: dict[str, Callable[[], nn.Layer]] = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_swish": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "leaky_relu": lambda: nn.LeakyReLU(SLOPE),
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "swish": nn.SiLU,
    "tanh": nn.Tanh,
}
"""Functions of single elements, by the names that Keras gives them."""

SOFTMAX: dict[str, Callable[[int], nn.Layer]] = {"softmax": nn.Softmax, "log_softmax": nn.LogSoftmax}
"""Functions along the last axis."""


def activated(step: Step, value: Value) -> Value:
    """The value after the layer's `activation`, where it has one: a name, or a layer without weights."""
    given = step.values.get("activation")
    if given is None or given == "linear":
        return value
    if isinstance(given, dict):
        return _layer(step, value)
    if isinstance(given, str) and given in FUNCTIONS:
        return step.apply(FUNCTIONS[given], value, _suffix(step, given))
    if isinstance(given, str) and given in SOFTMAX:
        dim = value.here(value.rank - 1)
        return step.apply(lambda: SOFTMAX[given](dim), value, _suffix(step, given))
    raise step.wrong("activation", f"one of linear, {', '.join([*FUNCTIONS, *SOFTMAX])}")


def relu(step: Step, value: Value) -> Value:
    """ReLU, with a largest value and a slope below 0."""
    slope, most = step.number("negative_slope", 0.0), step.values.get("max_value")
    if step.number("threshold", 0.0) != 0:
        raise step.wrong("threshold", "0")
    if most is None:
        return step.apply(lambda: nn.LeakyReLU(slope) if slope else nn.ReLU(), value)
    top = step.number("max_value")
    if not slope:
        return step.apply(lambda: nn.ReLU6() if top == 6 else nn.Hardtanh(0.0, top), value)
    value = step.apply(lambda: nn.LeakyReLU(slope), value)
    return step.apply(lambda: nn.Hardtanh(-math.inf, top), value, "limit")


def leaky_relu(step: Step, value: Value) -> Value:
    """LeakyReLU, with its slope below 0."""
    slope = step.number("negative_slope")
    return step.apply(lambda: nn.LeakyReLU(slope), value)


def elu(step: Step, value: Value) -> Value:
    """ELU, with its limit below 0."""
    alpha = step.number("alpha")
    return step.apply(lambda: nn.ELU(alpha), value)


def softmax(step: Step, value: Value) -> Value:
    """Softmax along one axis."""
    axis = step.axis("axis", value.rank)
    value = step.builder.unfolded(value)
    return step.apply(lambda: nn.Softmax(value.here(axis)), value)


def prelu(step: Step, value: Value) -> Value:
    """PReLU: one slope for all, one a channel, or one an element, of what is flattened for it."""
    given = step.values.get("shared_axes") or []
    shared = step.axes("shared_axes", value.rank, given) if given else ()
    shape = tuple(1 if axis in shared else size for axis, size in enumerate(value.shape))
    shape, own = step.known(shape), [axis for axis in range(value.rank) if axis not in shared]
    if len(own) > 1 and shared:
        raise step.wrong("shared_axes", "none, all, or all but one")
    if len(own) == 1:
        value = step.first(value, own[0])
    sizes, axes = value.sizes, value.axes
    if len(own) > 1:
        value = step.apply(nn.Flatten, value, "flatten", (0,))

    def make() -> nn.Layer:
        slopes = step.weight(0, shape)
        slopes = slopes.transpose(axes).reshape(-1)
        if len(own) == 1:
            slopes = value.in_our_order(slopes)
        return filled(nn.PReLU(math.prod(shape), dtype=step.dtype), slopes, None)

    value = step.apply(make, value)
    if len(own) > 1:
        return step.apply(lambda: nn.Unflatten(1, step.known(sizes)), value, "unflatten", axes)
    return value


def _layer(step: Step, value: Value) -> Value:
    """A layer as activation, one of these without weights."""
    layers = {"ReLU": relu, "LeakyReLU": leaky_relu, "ELU": elu, "Softmax": softmax}
    given = step.values["activation"]
    kind, values = given.get("class_name"), given.get("config")
    if given.get("module") != "keras.layers" or kind not in layers or not isinstance(values, dict):
        raise step.wrong("activation", f"a name or one of the layers {', '.join(layers)}")
    return layers[kind](step.inner(kind, values), value)


def _suffix(step: Step, name: str) -> str:
    return "" if step.kind == "Activation" else name
