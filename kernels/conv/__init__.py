"""Convolution: forward, input gradient, weight gradient, bias gradient; transposed convolution."""

from .forward import conv2d
from .input_gradient import conv2d_input
from .pooled import conv2d_pooled, conv2d_pooled_bias, conv2d_pooled_weight, poolable
from .transposed import conv_transpose2d
from .weight_gradient import conv2d_bias, conv2d_weight

__all__ = [
    "conv2d",
    "conv2d_bias",
    "conv2d_input",
    "conv2d_pooled",
    "conv2d_pooled_bias",
    "conv2d_pooled_weight",
    "conv2d_weight",
    "conv_transpose2d",
    "poolable",
]
