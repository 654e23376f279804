"""Convolution: forward, input gradient, weight gradient, bias gradient."""

from .forward import conv2d
from .input_gradient import conv2d_input
from .weight_gradient import conv2d_bias, conv2d_weight

__all__ = ["conv2d", "conv2d_bias", "conv2d_input", "conv2d_weight"]
