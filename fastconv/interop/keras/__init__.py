"""Models that Keras 3 saved as `.keras` files: a zip of their configuration and their weights."""

from fastconv.interop.keras.inputs import input_shape
from fastconv.interop.keras.loading import load

__all__ = ["input_shape", "load"]
