"""Activations and their gradients: element by element in the order of memory, or along an axis."""

from .elementwise import (
    elu,
    elu_input,
    gelu,
    gelu_input,
    hardsigmoid,
    hardsigmoid_input,
    hardswish,
    hardswish_input,
    hardtanh,
    hardtanh_input,
    leaky_relu,
    leaky_relu_input,
    relu,
    relu6,
    relu6_input,
    relu_input,
    sigmoid,
    sigmoid_input,
    silu,
    silu_input,
    softplus,
    softplus_input,
    tanh,
    tanh_input,
)
from .prelu import prelu, prelu_input, prelu_weight
from .softmax import log_softmax, log_softmax_input, softmax, softmax_input
