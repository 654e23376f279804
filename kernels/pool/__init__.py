"""Pooling, channels-last: the lanes run over neighbouring channels."""

from .average import adaptive_avg_pool2d, adaptive_avg_pool2d_input, avg_pool2d, avg_pool2d_input
from .maximum import adaptive_max_pool2d, max_pool2d, max_pool2d_input

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_input",
    "max_pool2d",
    "max_pool2d_input",
]
