"""How a person writes each layer: the symbol of its output, its formula, and those of its gradients.

An example is a column in the formulas and a row in the library's arrays, so that `Z2 = W2 F + b2` is the
library's `linear(F, W2, b2)` and `dL/dW2 = dL/dZ2 F^T` sums over the examples of a batch by itself. Each
module registers the layers of one family.
"""

from fastconv.explanation.notation import (
    affine,
    convolution,
    joins,
    linear,
    normalization,
    pooling,
    resample,
    shape,
)
from fastconv.explanation.notation.activation import ACTIVATIONS
from fastconv.explanation.notation.base import Notation, derivative, describe
from fastconv.explanation.notation.symbols import Symbols, d

__all__ = [
    "ACTIVATIONS",
    "Notation",
    "Symbols",
    "affine",
    "convolution",
    "d",
    "derivative",
    "describe",
    "joins",
    "linear",
    "normalization",
    "pooling",
    "resample",
    "shape",
]
