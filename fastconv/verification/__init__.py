"""The kernels against the reference on this machine.

A result is right when every element has |fast - exact| <= n * eps * scale: `exact` is the reference in
float64, n the length of the sum behind the element, eps the spacing of the result's type at 1, and scale the
sum of the magnitudes that were added, which for a multilinear operation is the operation itself on absolute
values. Winograd's algorithm mixes neighbouring pixels: there the scale is the largest one of a plane.
"""

from fastconv.verification.case import Case, Row, check, neighbours
from fastconv.verification.layers import (
    adaptive_cases,
    average_cases,
    convolution_cases,
    dense_cases,
    transposed_cases,
)
from fastconv.verification.norm import norm_cases
from fastconv.verification.suite import cases, verify

__all__ = [
    "Case",
    "Row",
    "adaptive_cases",
    "average_cases",
    "cases",
    "check",
    "convolution_cases",
    "dense_cases",
    "neighbours",
    "norm_cases",
    "transposed_cases",
    "verify",
]
