"""Operations one after another on each element, in one pass: after a convolution, or on their own."""

from .elements import chain
from .stages import fits

__all__ = ["chain", "fits"]
