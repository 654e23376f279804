"""What an explanation is made of: steps, each with its formula, its numbers and its check."""

import math
from dataclasses import dataclass
from typing import Literal

from fastconv.types import Array, Shape

Part = Literal["forward", "backward", "update"]
PARTS: dict[Part, tuple[str, str]] = {
    "forward": (
        "Forward: from the input to the loss",
        "An example, and a bias, is a row of the arrays and a column in the formulas.",
    ),
    "backward": (
        "Backward: the chain rule, from the loss to the parameters",
        "Each gradient is compared with central differences of L, taken in float64: the number after ok is "
        "the largest difference, relative to the gradient's largest entry. At a kink (a ReLU at 0, two equal "
        "maxima) L has no derivative to compare with.",
    ),
    "update": (
        "Update: one step downhill",
        "Every parameter moves against its gradient, by eta times as much.",
    ),
}
"""The heading of each part, and what to know before reading it."""

Verdict = Literal["ok", "kink", "rounding", "differs"]


@dataclass(frozen=True)
class Check:
    """A gradient beside the central differences of the loss, taken in float64.

    error: the largest difference over the checked entries, relative to the gradient's largest entry.
    checked, kinks, size: how many entries were compared; how many could not be, because the loss has a kink
    there (a ReLU at 0, two equal maxima) and no derivative; and how many there are.
    verdict: "ok"; "kink" where every tried entry sits on one; "rounding" where rounding hides the gradient
    from any check, as behind a saturated loss, and of a bias that a batch norm takes away again; "differs"
    where the gradient is wrong, or not finite.
    """

    verdict: Verdict
    error: float
    checked: int
    kinks: int
    size: int

    @property
    def remark(self) -> str:
        """How many entries the verdict is about, where it is not all of them."""
        if self.checked == self.size or self.kinks == self.size:
            return ""
        some = f"{self.checked or 'none'} of {self.size} entries checked"
        return f"{some}, {self.kinks} at a kink" if self.kinks else some

    def __str__(self) -> str:
        if math.isnan(self.error):
            return "NOT FINITE"
        return {
            "ok": f"ok {self.error:.0e}" if self.error else "ok 0",
            "kink": "at a kink",
            "rounding": "hidden by rounding",
            "differs": f"DIFFERS by {self.error:.0e}",
        }[self.verdict]


@dataclass(frozen=True)
class Formula:
    """One line of the derivation: `symbol` = `right`.

    right: the right-hand side in plain characters, empty for something given, such as the input.
    entries: the same for one entry, with its indices, where that says more.
    terms: sums of products (or maxima, or logarithms) with the numbers in them.
    note: what a formula does not say, in words.
    left: what is written instead of "symbol =", such as "W1 :=".
    """

    symbol: str
    right: str = ""
    entries: str = ""
    terms: tuple[str, ...] = ()
    note: str = ""
    left: str = ""

    def __str__(self) -> str:
        return f"{self.left or f'{self.symbol} ='} {self.right}" if self.right else self.symbol


@dataclass(frozen=True)
class Step:
    """A value of the forward pass, a gradient, or an update: formula, numbers, check.

    columns: whether the rows of the value are columns in the formulas: examples, and biases.
    """

    part: Part
    line: Formula
    value: Array
    check: Check | None = None
    columns: bool = False

    @property
    def symbol(self) -> str:
        """The left-hand side, such as `dL/dW1`."""
        return self.line.symbol

    @property
    def formula(self) -> str:
        """The whole line, such as `dL/dW1 = conv(X, dL/dZ1)`."""
        return str(self.line)

    @property
    def shape(self) -> Shape:
        """The shape of the value, as the library keeps it."""
        return self.value.shape

    @property
    def error(self) -> float | None:
        """The check's largest relative difference; None where there is no check."""
        return None if self.check is None else self.check.error
