"""Values between a layer's input and its output, or between the last output and L, and their gradients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from fastconv import nn
from fastconv.explanation.steps import Formula
from fastconv.types import Array


@dataclass(frozen=True)
class InnerGradient:
    """dL/dvalue of an inner value.

    at: the value itself. output: maps it to the output of its layer, or of the last layer where the value is
    the loss's; what else goes into that stays as it was. reach: how far, entry by entry, it may be moved.
    """

    line: Formula
    value: Array
    at: Array
    output: Callable[[Array], Array]
    reach: Array


@dataclass(frozen=True)
class Inner:
    """A value that a layer or the loss computes on the way, such as probabilities or a mean.

    back: its gradient, None where a derivation goes without or takes it from elsewhere.
    """

    line: Formula
    value: Array
    back: InnerGradient | None = None


@singledispatch
def inside(layer: nn.Layer, notation: Any, x: Array) -> Sequence[Inner]:
    """The values on a layer's way from x to its output, in the order in which they are computed."""
    return ()


@singledispatch
def size_of_terms(layer: nn.Layer, notation: Any, x: Array, dy: Array) -> Array | None:
    """How large the numbers are, entry by entry, whose sum a layer's dx is; None: not larger than dx.

    The rounding of dx is a share of these.
    """
    return None


@singledispatch
def inside_gradients(layer: nn.Layer, notation: Any, x: Array, dy: Array) -> Sequence[InnerGradient]:
    """The gradients of these values, in the order in which they are derived."""
    return ()
