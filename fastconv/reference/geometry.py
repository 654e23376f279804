"""Where a sliding window meets an image: the index arithmetic that convolution and pooling share."""

from collections.abc import Iterator
from types import EllipsisType
from typing import TypeAlias

from fastconv.types import Padding, Pair

Tap: TypeAlias = tuple[EllipsisType, slice, slice]
Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


def pair(value: Pair) -> tuple[int, int]:
    """Spread one value over height and width; a pair stays as it is."""
    return (value, value) if isinstance(value, int) else value


def sides(padding: Padding) -> Sides:
    """Spread padding over ((top, bottom), (left, right))."""
    vertical, horizontal = (padding, padding) if isinstance(padding, int) else padding
    return (
        (vertical, vertical) if isinstance(vertical, int) else vertical,
        (horizontal, horizontal) if isinstance(horizontal, int) else horizontal,
    )


def reach(outputs: int, kernel: int, stride: int, dilation: int) -> int:
    """Count the pixels from the first tap of the first window to the last tap of the last one."""
    return (outputs - 1) * stride + (kernel - 1) * dilation + 1


def window_count(size: int, kernel: int, stride: int, dilation: int) -> int:
    """Count the windows that lie wholly inside `size` pixels (padding included)."""
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def taps(
    kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int], output: tuple[int, ...]
) -> Iterator[tuple[int, int, Tap]]:
    """Walk over the filter in row-major order: (r, s, index).

    `image[index]` on a padded image holds, at [..., p, q], the pixel that tap (r, s) of the window
    of output (p, q) sees: row p * stride + r * dilation, and columns likewise.
    """
    for r in range(kernel[0]):
        first = r * dilation[0]
        rows = slice(first, first + reach(output[0], 1, stride[0], 1), stride[0])
        for s in range(kernel[1]):
            first = s * dilation[1]
            columns = slice(first, first + reach(output[1], 1, stride[1], 1), stride[1])
            yield r, s, (..., rows, columns)
