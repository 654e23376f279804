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


def same_upper(size: int, taps: int, stride: int, dilation: int) -> tuple[int, int]:
    """Padding of an axis that makes size / stride outputs, rounded up; an odd total pads more at the end.

    ONNX calls this rule SAME_UPPER, TensorFlow and Keras "same".
    """
    outputs, reach = -(-size // stride), (taps - 1) * dilation + 1
    total = max((outputs - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def transposed(
    size: tuple[int, ...],
    taps: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    output_padding: Pair,
    dilation: Pair,
) -> tuple[Axis, Axis]:
    """The two axes of the convolution whose input gradient is this transposed convolution of (..., P, Q).

    Its input is the output (..., H, W), with `output_padding` more pixels at the end than all taps reach.
    """
    sizes, around = zip(size[-2:], taps[-2:], pair(stride), pair(dilation), strict=True), sides(padding)
    found = []
    for (outputs, count, step, dilate), (before, after), extra in zip(
        sizes, around, pair(output_padding), strict=True
    ):
        whole = Axis(0, count, step, dilate, 0, 0)
        reached = (outputs - 1) * step + whole.reach
        found.append(
            whole._replace(size=reached - before - after + extra, before=before, after=after - extra)
        )
    return found[0], found[1]


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
