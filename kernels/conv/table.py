"""Which algorithm computes which pass of a convolution, and why: the one place where this is decided.

The rows are ordered from the most special to the general. Shapes alone decide, so that results stay the same
from run to run. A row with a plan of a `convolution` computes the forward pass, and the input gradient, which
is one convolution of the output gradient for each remainder of the stride (`phases.py`).
"""

from ..choice import Algorithm
from ..memory.buffers import channels_last, empty_channels_last
from . import (
    channel_lanes,
    depthwise,
    direct,
    pixel_lanes,
    pointwise,
    scatter,
    weight,
    winograd,
)
from .depthwise import rows, strips
from .problem import Problem
from .winograd import forward as winograd_forward
from .winograd import fused, fused_weight
from .winograd import weight as winograd_weight

FORWARD, INPUT, WEIGHT = PASSES = "forward", "input", "weight"
CONVOLUTION = "convolution"
FULL = 2 / 3
"""Share of lanes that a scatter has to fill to be faster than a convolution whose lanes are all filled."""


def _scatter_fits(p: Problem) -> bool:
    if not scatter.fits(p.width, p.channels, p.groups, p.dtype):
        return False
    other = p.height.stride == p.width.stride == 1 and _channel_lanes_fits(p.transposed)
    return not other or scatter.filled(p.height, p.width, p.channels, p.dtype) >= FULL


def _scatter_plan(p):
    plan = scatter.plan(p.height, p.width, p.channels, p.filters, p.dtype)

    def run(weight, grad_output):
        target, grad_input = empty_channels_last((p.images, p.channels, p.height.size, p.width.size), p.dtype)
        if target.size:
            plan.run(channels_last(grad_output), weight, target, p.images)
        return grad_input

    return run


def _strips_fits(p):
    return depthwise.fits(p.channels, p.filters, p.groups) and strips.fits(
        p.height, p.width, p.groups, p.dtype
    )


def _strips_plan(p, place, relu, vectors):
    return strips.plan(p.height, p.width, p.groups, place, relu, p.dtype)


def _depthwise_fits(p):
    return depthwise.fits(p.channels, p.filters, p.groups)


def _depthwise_plan(p, place, relu, vectors):
    return rows.plan(p.height, p.width, p.groups, place, relu, p.dtype)


def _depthwise_weight(p):
    return depthwise.weight_plan(p.height, p.width, p.groups, p.dtype)


def _channel_lanes_fits(p):
    return channel_lanes.fits(p.channels, p.filters, p.groups, p.dtype)


def _channel_lanes_plan(p, place, relu, vectors):
    return channel_lanes.plan(p.height, p.width, p.channels, p.filters, place, relu, p.dtype)


def _channel_lanes_weight(p):
    return channel_lanes.weight_plan(p.height, p.width, p.channels, p.filters, p.dtype)


def _pixel_lanes_fits(p):
    return (
        p.whole and p.dense and pixel_lanes.fits(p.height, p.width, p.channels, p.filters, p.groups, p.dtype)
    )


def _pixel_lanes_plan(p, place, relu, vectors):
    return pixel_lanes.plan(p.height, p.width, p.channels, p.filters, place, relu, p.dtype)


def _pixel_lanes_weight(p):
    return pixel_lanes.weight_plan(p.height, p.width, p.channels, p.filters, p.dtype)


def _fused_plan(p, place, relu, vectors):
    return fused.plan(p.height, p.width, p.channels, p.filters, place, relu, p.dtype)


def _winograd_plan(p, place, relu, vectors):
    return winograd_forward.plan(p.height, p.width, p.channels, p.filters, place, relu, p.dtype)


def _fused_weight_plan(p):
    return fused_weight.plan(p.height, p.width, p.channels, p.filters, p.dtype)


def _winograd_weight_plan(p):
    return winograd_weight.plan(p.images, p.height, p.width, p.channels, p.filters, p.dtype)


def _weight_plan(p):
    return weight.plan(p.height, p.width, p.channels, p.filters, p.groups, p.dtype)


def _direct_plan(p, place, relu, vectors):
    return direct.plan(p.height, p.width, p.channels, p.filters, p.groups, place, relu, p.dtype, vectors)


def _uncopied_fits(p):
    return weight.plan(p.height, p.width, p.channels, p.filters, p.groups, p.dtype).geometry.uncopied


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
        {INPUT: _scatter_plan},
    ),
    Algorithm(
        "depthwise_strips",
        "one channel and filter a group; three filter rows, stride 1, narrow images of many channels",
        "an input row is read once for three output rows; nothing is padded or packed",
        _strips_fits,
        {CONVOLUTION: _strips_plan},
    ),
    Algorithm(
        "depthwise",
        "one channel and filter a group",
        "lanes over the channels; nothing is padded or packed",
        _depthwise_fits,
        {CONVOLUTION: _depthwise_plan, WEIGHT: _depthwise_weight},
    ),
    Algorithm(
        "channel_lanes",
        "up to four filters, no more than lanes, and channels that fill a vector",
        "lanes over the channels; over the filters most would be empty",
        _channel_lanes_fits,
        {CONVOLUTION: _channel_lanes_plan, WEIGHT: _channel_lanes_weight},
    ),
    Algorithm(
        "pixel_lanes",
        "up to four channels to filters that fill half a vector at most",
        "lanes over the pixels of a row, a plane for each channel; over the filters most would be empty",
        _pixel_lanes_fits,
        {CONVOLUTION: _pixel_lanes_plan, WEIGHT: _pixel_lanes_weight},
    ),
    Algorithm(
        "winograd_fused",
        "filters of 3x3, stride 1, vectors full of channels and filters, few tiles",
        "a quarter of the multiplications; the transformed filters never lie in memory",
        winograd.fused_wins,
        {CONVOLUTION: _fused_plan},
    ),
    Algorithm(
        "winograd",
        "filters of several taps, stride 1, vectors full of channels and filters, and the estimate is lower",
        "a quarter of the multiplications; a larger filter is a sum of squares of 3x3 taps",
        winograd.wins,
        {CONVOLUTION: _winograd_plan},
    ),
    Algorithm(
        "winograd_fused",
        "filters of 3x3, stride 1, vectors full of channels and filters, few tiles",
        "a quarter of the multiplications; the transformed sums never lie in memory",
        winograd.fused_weight_wins,
        {WEIGHT: _fused_weight_plan},
    ),
    Algorithm(
        "winograd",
        "filters of several taps, stride 1, vectors full of channels and filters, and the estimate is lower",
        "a quarter of the multiplications",
        winograd.weight_wins,
        {WEIGHT: _winograd_weight_plan},
    ),
    Algorithm(
        "uncopied",
        "the taps of few channels in one register tile, or 1x1 taps of few channels and filters",
        "memory decides: dy is not copied, and the next block is fetched at an even pace",
        _uncopied_fits,
        {WEIGHT: _weight_plan},
    ),
    Algorithm(
        "direct",
        "everything else",
        "the register tile on the image itself, an implicit matrix product",
        lambda p: True,
        {CONVOLUTION: _direct_plan, WEIGHT: _weight_plan},
    ),
)


def passes(row: Algorithm) -> tuple[str, ...]:
    """The passes that a row computes, a convolution counted as the two that it stands for."""
    either = (FORWARD, INPUT) if CONVOLUTION in row.plans else ()
    return tuple(which for which in PASSES if which in row.plans or which in either)


def choose(which: str, p: Problem) -> Algorithm:
    """The first row that computes this pass of the problem, or with `CONVOLUTION` the problem as one."""
    for row in TABLE:
        if which in row.plans and row.fits(p):
            return row
        if CONVOLUTION in row.plans and which != WEIGHT and row.fits(p.transposed if which == INPUT else p):
            return row
    raise LookupError(f"no algorithm for {which} of {p}")
