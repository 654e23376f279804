"""Normalisation: of channels by statistics of channels or groups, and of rows by their own."""

from .channels import channel_norm, channel_norm_gradients, channel_statistics, update_statistics
from .response import local_response_norm, local_response_norm_input
from .rows import layer_norm, layer_norm_gradients

__all__ = [
    "channel_norm",
    "channel_norm_gradients",
    "channel_statistics",
    "layer_norm",
    "layer_norm_gradients",
    "local_response_norm",
    "local_response_norm_input",
    "update_statistics",
]
