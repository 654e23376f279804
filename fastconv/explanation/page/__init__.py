"""The derivation as a page: one HTML file that shows where each number comes from.

Formulas are written as MathML from the project's own plain characters, without a further library: the
grammar is that of `latex.py`, and what it needs is one small module.
"""

from fastconv.explanation.page.document import Derivation, render

__all__ = ["Derivation", "render"]
