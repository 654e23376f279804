"""Layers made of layers."""

from fastconv.nn.containers.sequential import Sequential

__all__ = ["Sequential"]
