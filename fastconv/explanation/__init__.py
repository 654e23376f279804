"""The chain rule, step by step, with the numbers of a given input."""

from fastconv.explanation.derivation import explain
from fastconv.explanation.result import Explanation
from fastconv.explanation.steps import Check, Step

__all__ = ["Check", "Explanation", "Step", "explain"]
