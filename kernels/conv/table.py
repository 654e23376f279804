"""Which algorithm computes which pass of a convolution, and why: the one place where this is decided.

The rows are ordered from the most special to the general. Shapes alone decide, so that results stay the same
from run to run. A row with a plan of a `convolution` computes the forward pass, and the input gradient, which
is one convolution of the output gradient for each remainder of the stride (`phases.py`).
"""

from functools import partial

from ..choice import Algorithm
from . import channel_lanes, direct, pixel_lanes, pointwise, scatter, uncopied, weight, winograd
from .depthwise import rows, strips
from .depthwise import weight as depthwise_weight
from .problem import Problem
from .winograd import forward as winograd_forward
from .winograd import fused, fused_weight
from .winograd import weight as winograd_weight

FORWARD, INPUT, WEIGHT = PASSES = "forward", "input", "weight"
CONVOLUTION = "convolution"
FULL = 2 / 3
"""Share of lanes that a scatter has to fill to be faster than a convolution whose lanes are all filled."""


def _scatter_fits(p: Problem) -> bool:
    other = p.height.stride == p.width.stride == 1 and channel_lanes.fits(p.transposed)
    return scatter.fits(p) and (not other or scatter.filled(p) >= FULL)


TABLE = (
    Algorithm(
        "pointwise",
        "1x1 taps that meet few pixels, or images of one pixel",
        "a dense layer of the pixels, which packs no filters",
        pointwise.fits,
        {FORWARD: pointwise.forward, INPUT: pointwise.input_gradient, WEIGHT: pointwise.weight_plan},
    ),
    Algorithm(
        "scatter",
        "few channels, whose taps side by side fill most lanes",
        "lanes over taps and channels; over the channels alone most would be empty",
        _scatter_fits,
        {INPUT: scatter.input_gradient},
    ),
    Algorithm(
        "depthwise_strips",
        "one channel and filter a group; three filter rows, stride 1, narrow images",
        "an input row is read once for three output rows; nothing is padded",
        strips.fits,
        {CONVOLUTION: strips.plan},
    ),
    Algorithm(
        "depthwise",
        "one channel and filter a group",
        "lanes over the channels; nothing is padded",
        rows.fits,
        {CONVOLUTION: rows.plan, WEIGHT: depthwise_weight.plan},
    ),
    Algorithm(
        "channel_lanes",
        "up to four filters, no more than lanes, and channels that fill a vector",
        "lanes over the channels; over the filters most would be empty",
        channel_lanes.fits,
        {CONVOLUTION: channel_lanes.plan, WEIGHT: channel_lanes.weight_plan},
    ),
    Algorithm(
        "pixel_lanes",
        "up to four channels to filters that fill half a vector at most",
        "lanes over the pixels of a row, a plane for each channel; over the filters most would be empty",
        pixel_lanes.fits,
        {CONVOLUTION: pixel_lanes.plan, WEIGHT: pixel_lanes.weight_plan},
    ),
    Algorithm(
        "winograd_fused",
        "filters of 3x3, stride 1, vectors full of channels and filters, few tiles",
        "a quarter of the multiplications; the transformed filters never lie in memory",
        winograd.fused_wins,
        {CONVOLUTION: fused.plan},
    ),
    Algorithm(
        "winograd",
        "filters of several taps, stride 1, vectors full of channels and filters, and the estimate is lower",
        "a quarter of the multiplications; a larger filter is a sum of squares of 3x3 taps",
        winograd.wins,
        {CONVOLUTION: winograd_forward.plan},
    ),
    Algorithm(
        "winograd_fused",
        "filters of 3x3, stride 1, vectors full of channels and filters, few tiles",
        "a quarter of the multiplications; the transformed sums never lie in memory",
        winograd.fused_weight_wins,
        {WEIGHT: fused_weight.plan},
    ),
    Algorithm(
        "winograd",
        "filters of several taps, stride 1, vectors full of channels and filters, and the estimate is lower",
        "a quarter of the multiplications",
        winograd.weight_wins,
        {WEIGHT: winograd_weight.plan},
    ),
    Algorithm(
        "uncopied",
        "the taps of few channels in one register tile, or 1x1 taps of few channels and filters",
        "memory decides: dy is not copied, and the next block is fetched at an even pace",
        uncopied.fits,
        {WEIGHT: partial(weight.plan, uncopied=True)},
    ),
    Algorithm(
        "direct",
        "everything else",
        "the register tile on the image itself, an implicit matrix product",
        lambda p: True,
        {CONVOLUTION: direct.plan},
    ),
    Algorithm(
        "direct",
        "everything else",
        "the register tile on blocks of x and dy that are packed side by side",
        lambda p: True,
        {WEIGHT: weight.plan},
    ),
)


def passes(row: Algorithm) -> tuple[str, ...]:
    """The passes that a row computes, a convolution counted as the two that it stands for."""
    either = (FORWARD, INPUT) if CONVOLUTION in row.plans else ()
    return tuple(which for which in PASSES if which in row.plans or which in either)


def choose(which: str, p: Problem) -> Algorithm:
    """The first row that computes this pass of the problem, or with `CONVOLUTION` the problem as one."""
    kinds = {which, CONVOLUTION} if which == FORWARD else {which}
    return next(row for row in TABLE if kinds & row.plans.keys() and row.fits(p))


def choose_input(p: Problem) -> Algorithm | None:
    """The row that computes the input gradient as a whole; None if it is made of convolutions."""
    return next((row for row in TABLE if INPUT in row.plans and row.fits(p)), None)


def computed_by(which: str, p: Problem) -> list[Algorithm]:
    """All rows that take part in a pass.

    It is one, or in an input gradient that is made of convolutions those of all phases: none if no phase
    reaches a pixel.
    """
    if which != INPUT:
        return [choose(which, p)]
    if row := choose_input(p):
        return [row]
    rows = [choose(CONVOLUTION, p.phase(h, w)) for h, w in p.pairs if h and w]
    return list({row.name: row for row in rows}.values())
