"""How a person writes the losses: from the last layer's output to L, and back to its gradient."""

from fastconv.explanation.losses import classes, elements
from fastconv.explanation.losses.base import LossNotation, describe_loss

__all__ = ["LossNotation", "classes", "describe_loss", "elements"]
