"""Sizes of sliding windows over images: outputs, padding, and what a window reaches.

The twins in `fastconv.reference` have their own few lines for it, which the tests compare with these.
"""

from typing import NamedTuple, TypeAlias

from fastconv.types import Padding, Pair

Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""((top, bottom), (left, right))"""


class Axis(NamedTuple):
    """One axis of a window: input size, window taps, stride, dilation, and padding before and after."""

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """Input positions from the first tap of a window to its last."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def outputs(self) -> int:
        """Windows that lie wholly inside the padded input; 0 or less where not even one does."""
        return (self.size + self.before + self.after - self.reach) // self.stride + 1

    @property
    def span(self) -> int:
        """Positions of the padded input from the first window's first tap to the last window's last."""
        return (self.outputs - 1) * self.stride + self.reach

    def extended(self) -> "Axis":
        """The axis with one more window, partly filled, if one starts inside the input (ceil_mode)."""
        longer = self._replace(after=self.after + self.stride - 1)
        return longer if (longer.outputs - 1) * self.stride < self.size + self.before else self


def pair(value: Pair) -> tuple[int, int]:
    """(height, width) of one value or a pair."""
    return (value, value) if isinstance(value, int) else value


def sides(padding: Padding) -> Sides:
    """((top, bottom), (left, right)) of any form of padding."""
    vertical, horizontal = pair(padding) if isinstance(padding, int) else padding
    return (
        (vertical, vertical) if isinstance(vertical, int) else vertical,
        (horizontal, horizontal) if isinstance(horizontal, int) else horizontal,
    )


def axes(
    size: tuple[int, ...],
    taps: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    ceil_mode: bool = False,
) -> tuple[Axis, Axis]:
    """The two axes on which windows (..., kH, kW) move over images (..., H, W)."""
    (h, w), (kh, kw), (sh, sw), (dh, dw) = size[-2:], taps[-2:], pair(stride), pair(dilation)
    vertical, horizontal = sides(padding)
    height, width = Axis(h, kh, sh, dh, *vertical), Axis(w, kw, sw, dw, *horizontal)
    return (height.extended(), width.extended()) if ceil_mode else (height, width)
