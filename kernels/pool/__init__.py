"""Pooling, channels-last: the lanes run over neighbouring channels."""

from .average import adaptive_avg_pool2d, adaptive_avg_pool2d_input, avg_pool2d, avg_pool2d_input
from .maximum import adaptive_max_pool2d, max_pool2d, max_pool2d_input
from .placed import apart, max_pool2d_placed, max_pool2d_placed_input, pays

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input",
    "adaptive_max_pool2d",
    "apart",
    "avg_pool2d",
    "avg_pool2d_input",
    "max_pool2d",
    "max_pool2d_input",
    "max_pool2d_placed",
    "max_pool2d_placed_input",
    "pays",
]
