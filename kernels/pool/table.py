"""Which algorithm computes a pooling, and why; the rows from the most special to the general.

A plan gives the rows and columns of the windows as the kernel's literal `taps`, or 0 for any number.
"""

from typing import NamedTuple

from ..choice import Algorithm

FORWARD, INPUT = PASSES = "forward", "input"
UNROLLED = 3
"""Most rows and columns of a window that the compiler unrolls."""


class Window(NamedTuple):
    """Rows and columns: of a window, or in the input gradient of the windows that see a pixel."""

    rows: int
    columns: int


def is_unrolled(window: Window) -> bool:
    """Whether a window is small and square."""
    return window.rows == window.columns <= UNROLLED


MAXIMUM = (
    Algorithm(
        "unrolled",
        "windows of 2x2 and 3x3",
        "the compiler knows the taps of a window",
        lambda window: is_unrolled(window) and window.rows > 1,
        {FORWARD: lambda window: window.rows},
    ),
    Algorithm(
        "general",
        "all other windows",
        "one machine code for all of them",
        lambda window: True,
        {FORWARD: lambda window: 0},
    ),
    Algorithm(
        "route",
        "all windows",
        "a worker owns some pixels, and adds each gradient whose maximum is one of them",
        lambda window: True,
        {INPUT: lambda window: 0},
    ),
)
AVERAGE = (
    Algorithm(
        "unrolled",
        "windows, or windows that see a pixel, of up to 3x3 and square",
        "the compiler knows how many there are",
        is_unrolled,
        dict.fromkeys(PASSES, lambda window: window.rows),
    ),
    Algorithm(
        "general",
        "everything else",
        "one machine code for all of them",
        lambda window: True,
        dict.fromkeys(PASSES, lambda window: 0),
    ),
)


def choose(table: tuple[Algorithm, ...], which: str, window: Window) -> Algorithm:
    """The first row of a table that computes this pass."""
    return next(row for row in table if which in row.plans and row.fits(window))
