"""Convolutions for the tests of this folder, each with the algorithms that it is there for."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from fastconv import kernels, reference
from fastconv.kernels.conv.depthwise import strips
from fastconv.kernels.conv.problem import Problem, problem
from fastconv.kernels.conv.table import PASSES, computed_by
from fastconv.kernels.engine import machine

LANES = machine.lanes(np.float32)
AVX512 = machine.Vectors("AVX-512", 64, 32, True)


class Case(NamedTuple):
    """One layer: its sizes, which depend on the lanes, and the algorithm of each pass on AVX-512.

    The sizes are images, channels, height, width, filters, and the filters' height and width.
    """

    sizes: Callable[[int], tuple[int, ...]]
    algorithms: str
    given: Mapping[str, Any] = MappingProxyType({})
    depthwise: bool = False

    def __str__(self) -> str:
        n, c, h, w, k, kh, kw = self.sizes(LANES)
        options = "".join(f"-{name}{value}" for name, value in self.given.items())
        return f"{n}x{c}x{h}x{w}-{k}x{kh}x{kw}{options}".replace(" ", "")

    def options_with(self, lanes: int) -> dict[str, Any]:
        """The function's options."""
        return dict(self.given) | ({"groups": self.sizes(lanes)[1]} if self.depthwise else {})

    @property
    def options(self) -> dict[str, Any]:
        """The function's options on this machine."""
        return self.options_with(LANES)

    def problem(self, lanes: int = LANES) -> Problem:
        """What the table of algorithms is asked."""
        n, c, h, w, k, kh, kw = self.sizes(lanes)
        options = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, **self.options_with(lanes)}
        filters = k, c // options["groups"], kh, kw
        return problem((n, c, h, w), filters, **options, dtype=np.float32, winograd=True)

    def chosen(self, lanes: int = LANES) -> str:
        """The names of the algorithms of the three passes."""
        p = self.problem(lanes)
        return " ".join("+".join(row.name for row in computed_by(which, p)) for which in PASSES)


def integers(rng, shape, dtype):
    return rng.integers(-4, 5, shape).astype(dtype)


def normal(rng, shape, dtype):
    return rng.standard_normal(shape).astype(dtype)


def arrays(case: Case, dtype, draw=integers, images=None, extra=0):
    """Input, weight and bias; maybe of other images, and of so many more rows."""
    n, c, h, w, k, kh, kw = case.sizes(LANES)
    rng = np.random.default_rng(0)
    images = n if images is None else images
    shapes = (images, c, h + extra, w), (k, c // case.options.get("groups", 1), kh, kw), (k,)
    return [draw(rng, shape, dtype) for shape in shapes]


def passes(module, x, w, b, dy, options):
    """The forward pass and the three gradients of one convolution."""
    return {
        "conv2d": module.conv2d(x, w, b, **options),
        "conv2d_input": module.conv2d_input(x.shape, w, dy, **options),
        "conv2d_weight": module.conv2d_weight(x, w.shape, dy, **options),
        "conv2d_bias": module.conv2d_bias(dy),
    }


def channels_last(a):
    return np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def with_gaps(a):
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1]), np.nan, a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


LAYOUTS = [np.asarray, channels_last, read_only, with_gaps, lambda a: a[::-1].copy()[::-1]]


def assert_exact(case: Case) -> None:
    """On small integers no sum is rounded: every layout gives the reference's values to the last bit."""
    x, w, b = arrays(case, np.float32)
    dy = integers(np.random.default_rng(1), reference.conv2d(x, w, b, **case.options).shape, np.float32)
    exact = passes(reference, x, w, b, dy, case.options)
    for layout in LAYOUTS:
        fast = passes(kernels, layout(x), layout(w), b, layout(dy), case.options)
        for name, result in fast.items():
            assert result.dtype == np.float32
            np.testing.assert_array_equal(result, exact[name], err_msg=name)


DIRECT = [
    # filters around the lanes, widths around the tile
    Case(lambda lanes: (3, 5, 4, 15, lanes + 1, 3, 3), "direct scatter direct", {"padding": 1}),
    Case(lambda lanes: (1, lanes + 1, 5, 2, 2 * lanes + 1, 3, 3), "direct direct direct", {"padding": 1}),
    Case(lambda lanes: (2, 40 * lanes, 13, 11, 2 * lanes, 1, 1), "direct direct direct"),
    # strides, padding, dilation, groups
    Case(lambda lanes: (2, lanes + 1, 9, 10, 8, 1, 1), "direct direct direct", {"stride": 2}),
    Case(
        lambda lanes: (1, 2 * lanes, 9, 8, 5, 1, 3),
        "direct direct direct",
        {"stride": (3, 2), "padding": (0, 1)},
    ),
    Case(
        lambda lanes: (2, lanes, 8, 7, 20, 3, 1),
        "direct direct direct",
        {"stride": (1, 3), "padding": ((1, 1), (2, 0)), "groups": 1},
    ),
    Case(
        lambda lanes: (1, 4, 12, 11, 6, 3, 3),
        "direct direct direct",
        {"dilation": (2, 3), "padding": ((1, 2), (0, 4))},
    ),
    Case(
        lambda lanes: (1, 2, 13, 12, 5, 3, 3),
        "direct direct direct",
        {"dilation": 2, "stride": 4, "padding": 2},
    ),
    Case(
        lambda lanes: (1, 2, 10, 10, 4, 3, 3),
        "direct direct direct",
        {"dilation": 3, "stride": 2, "padding": 5},
    ),
    Case(lambda lanes: (2, 6, 7, 8, 9, 3, 3), "direct direct direct", {"groups": 3, "padding": 1}),
    Case(lambda lanes: (1, 4, 6, 5, 8, 2, 3), "direct direct direct", {"groups": 4, "dilation": 2}),
    # 1x1 of few pixels at stride 2, whose gradient is no dense layer
    Case(lambda lanes: (2, 128, 9, 10, 96, 1, 1), "direct direct direct", {"stride": 2}),
]
PHASES = [
    # of a strided input gradient, some of which other algorithms would suit
    Case(
        lambda lanes: (2, 1, 32, 4 * lanes, 1, 7, 1),
        "pixel_lanes direct pixel_lanes",
        {"stride": (2, 1), "padding": (1, 0)},
    ),
    Case(
        lambda lanes: (2, 2, 32, 4 * lanes, 2, 3, 3),
        "pixel_lanes direct pixel_lanes",
        {"stride": (2, 1), "padding": 1, "dilation": (1, 2)},
    ),
    Case(
        lambda lanes: (1, 8 * lanes, 1, 32, 8 * lanes, 5, 3),
        "direct direct direct",
        {"stride": (2, 1), "padding": (2, 1)},
    ),
]
UNCOPIED = [
    # first layers, whose taps are all in registers: several blocks, strides, dilation
    Case(lambda lanes: (2, 1, 6, 6, 1, 3, 3), "direct scatter uncopied"),
    Case(lambda lanes: (1, 1, 3, 3, 1, 2, 2), "direct scatter uncopied"),
    Case(lambda lanes: (2, 3, 4, 13, lanes - 1, 3, 3), "direct scatter uncopied", {"padding": 1}),
    Case(lambda lanes: (1, 4, 3, 27, 2 * lanes - 1, 1, 3), "direct scatter uncopied", {"padding": (0, 1)}),
    Case(
        lambda lanes: (3, 1, 19, 23, 3 * lanes + 1, 3, 3),
        "direct channel_lanes uncopied",
        {"padding": (0, 1)},
    ),
    Case(
        lambda lanes: (7, 2, 9, 8, lanes + 2, 2, 3),
        "direct scatter uncopied",
        {"stride": (2, 1), "dilation": (2, 1), "padding": ((1, 2), (0, 1))},
    ),
    Case(
        lambda lanes: (2, 3, 8, 8, 4, 1, 1),
        "direct direct uncopied",
        {"stride": 2, "padding": 1},
    ),
    # 1x1, whose weight gradient is summed as it lies, in several blocks of rows or of images
    Case(lambda lanes: (1, lanes, 7, 7, 5 * lanes, 1, 1), "direct direct uncopied"),
    Case(lambda lanes: (3, lanes + 3, 17, 15, 2 * lanes + 5, 1, 1), "direct direct uncopied"),
    Case(lambda lanes: (9, 3 * lanes + 1, 5, 7, lanes - 2, 1, 1), "direct direct uncopied"),
]
POINTWISE = [
    Case(lambda lanes: (2, 40 * lanes, 3, 4, 2 * lanes, 1, 1), "pointwise pointwise pointwise"),
    Case(lambda lanes: (2, 131, 5, 7, 67, 1, 1), "pointwise pointwise pointwise", {"dilation": 3}),
    Case(lambda lanes: (37, 3, 1, 1, lanes + 1, 1, 1), "pointwise pointwise pointwise"),
    Case(lambda lanes: (1, lanes, 1, 1, 2, 1, 1), "pointwise pointwise pointwise"),
]
SCATTER = [
    Case(lambda lanes: (2, 4, 9, 10, 8, 3, 3), "direct scatter direct", {"stride": 2}),
    Case(
        lambda lanes: (1, 3, 11, 9, 7, 3, 2),
        "direct scatter uncopied",
        {"stride": (2, 3), "padding": (1, 0)},
    ),
    Case(lambda lanes: (1, 2, 9, 9, 3, 2, 2), "direct scatter uncopied", {"stride": 3}),
    Case(lambda lanes: (1, 2, 4, 4, 3, 3, 3), "pixel_lanes scatter pixel_lanes", {"padding": 6}),
]
CHANNEL_LANES = [
    Case(
        lambda lanes: (2, lanes + 3, 9, 11, 3, 3, 3),
        "channel_lanes direct channel_lanes",
        {"padding": 1},
    ),
    Case(
        lambda lanes: (1, 2 * lanes, 8, 10, 1, 5, 3),
        "channel_lanes direct channel_lanes",
        {"padding": 2, "stride": 2, "dilation": (1, 2)},
    ),
    Case(lambda lanes: (2, lanes, 6, 7, 2, 1, 1), "channel_lanes direct channel_lanes"),
    # one or two channels, whose input gradient is a convolution to few filters
    Case(lambda lanes: (1, 2, 5, 14, lanes, 3, 3), "direct channel_lanes uncopied", {"padding": 1}),
    Case(lambda lanes: (2, 3, 3, 29, 2 * lanes, 3, 1), "direct channel_lanes uncopied", {"padding": (1, 0)}),
    Case(lambda lanes: (1, 2, 2, 1, 3 * lanes, 2, 1), "direct channel_lanes uncopied"),
    Case(lambda lanes: (2, 1, 9, 21, 2 * lanes + 3, 3, 3), "direct channel_lanes uncopied", {"padding": 1}),
    Case(
        lambda lanes: (1, 2, 8, 9, lanes, 3, 3),
        "direct channel_lanes uncopied",
        {"padding": ((0, 2), (1, 0)), "dilation": (2, 1)},
    ),
    Case(lambda lanes: (1, 3, 6, 7, lanes, 1, 1), "direct channel_lanes uncopied", {"stride": 2}),
]
PIXEL_LANES = [
    # several blocks of rows, widths around the tile
    Case(lambda lanes: (2, 1, 12, 12, 6, 5, 5), "pixel_lanes scatter pixel_lanes", {"padding": 2}),
    Case(
        lambda lanes: (3, 1, 2 * lanes + 5, 2 * lanes - 3, max(1, lanes // 2 - 2), 5, 5),
        "pixel_lanes scatter pixel_lanes",
        {"padding": 2},
    ),
    Case(
        lambda lanes: (2, 3, 40, 2 * lanes + 9, lanes // 2, 5, 3),
        "pixel_lanes direct pixel_lanes",
        {"padding": (0, 1), "stride": (2, 1), "dilation": (1, 2)},
    ),
    Case(
        lambda lanes: (1, 2, 9, lanes, lanes // 4, 3, 3),
        "pixel_lanes scatter pixel_lanes",
        {"padding": ((2, 0), (0, 3))},
    ),
    Case(lambda lanes: (2, 4, 35, 3 * lanes - 1, 1, 2, 5), "pixel_lanes scatter pixel_lanes"),
    Case(lambda lanes: (2, 2, 9, 3 * lanes, 2, 3, 3), "pixel_lanes pixel_lanes pixel_lanes", {"dilation": 2}),
]

DEPTHWISE = [
    Case(
        lambda lanes: (2, 5, 6, 7, 5, 3, 3),
        "depthwise depthwise depthwise",
        {"stride": 2, "padding": 1},
        depthwise=True,
    ),
    Case(
        lambda lanes: (1, 5, 12, 12, 5, 5, 5),
        "depthwise depthwise depthwise",
        {"padding": 2, "dilation": 2},
        depthwise=True,
    ),
    Case(
        lambda lanes: (2, 7, 9, 8, 7, 2, 7),
        "depthwise depthwise depthwise",
        {"stride": (2, 1), "padding": 3},
        depthwise=True,
    ),
    Case(
        lambda lanes: (2, 2 * lanes + 3, 9, strips.NARROW + 1, 2 * lanes + 3, 3, 3),
        "depthwise depthwise depthwise",
        {"padding": 1},
        depthwise=True,
    ),
]


def _deep(lanes: int, more: int, n: int, h: int, w: int, kh: int, kw: int) -> tuple[int, ...]:
    channels = strips.VECTORS * lanes + more
    return n, channels, h, w, channels, kh, kw


STRIPS = [
    Case(
        lambda lanes: (2, 2 * lanes + 3, 9, strips.NARROW, 2 * lanes + 3, 3, 3),
        "depthwise_strips depthwise_strips depthwise",
        {"padding": 1},
        depthwise=True,
    ),
    Case(
        lambda lanes: _deep(lanes, 0, 2, 19, 15, 3, 3),
        "depthwise_strips depthwise_strips depthwise",
        {"padding": 1},
        depthwise=True,
    ),
    Case(
        lambda lanes: _deep(lanes, 3, 1, 5, 9, 3, 3),
        "depthwise_strips depthwise_strips depthwise",
        {"padding": ((0, 4), (5, 0))},
        depthwise=True,
    ),
    Case(
        lambda lanes: _deep(lanes, 1, 2, 1, 6, 3, 5),
        "depthwise_strips depthwise_strips depthwise",
        {"padding": 3, "stride": (1, 2)},
        depthwise=True,
    ),
    Case(
        lambda lanes: _deep(lanes, 0, 1, 3, 7, 3, 2),
        "depthwise_strips depthwise_strips depthwise",
        {"dilation": (1, 3)},
        depthwise=True,
    ),
]
ALL = [
    *DIRECT, *PHASES, *UNCOPIED, *POINTWISE, *SCATTER, *CHANNEL_LANES, *PIXEL_LANES, *DEPTHWISE, *STRIPS,
]  # fmt: skip
EVERY_ALGORITHM = [
    DIRECT[0], UNCOPIED[9], POINTWISE[3], CHANNEL_LANES[0], CHANNEL_LANES[3], PIXEL_LANES[5],
    DEPTHWISE[0], STRIPS[0],
]  # fmt: skip
"""Few cases that meet each algorithm of each pass, for what is no matter of edges."""
