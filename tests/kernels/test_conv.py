"""conv2d and its gradients: exact on small integers, within the derived bound on the rest."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastconv import functional, grad, kernels, reference
from fastconv.kernels.conv import channel_lanes
from fastconv.kernels.conv.depthwise import strips
from fastconv.kernels.engine import machine
from fastconv.verification import check, convolution_cases

LANES = machine.lanes(np.float32)
DEEP = strips.VECTORS * LANES

# batch, channels, height, width, filters, filter height, filter width, options
GEOMETRIES = [
    # widths around the tile, filters around the lanes
    (2, 1, 6, 6, 1, 3, 3, {}),
    (1, 1, 3, 3, 1, 2, 2, {}),
    (2, 3, 4, 13, LANES - 1, 3, 3, {"padding": 1}),
    (1, 2, 5, 14, LANES, 3, 3, {"padding": 1}),
    (3, 5, 4, 15, LANES + 1, 3, 3, {"padding": 1}),
    (1, 4, 3, 27, 2 * LANES - 1, 1, 3, {"padding": (0, 1)}),
    (2, 3, 3, 29, 2 * LANES, 3, 1, {"padding": (1, 0)}),
    (1, 17, 5, 2, 2 * LANES + 1, 3, 3, {"padding": 1}),
    (1, 2, 2, 1, 3 * LANES, 2, 1, {}),
    (2, 1, 12, 12, 6, 5, 5, {"padding": 2}),
    (1, LANES, 7, 7, 5 * LANES, 1, 1, {}),
    # 1x1, whose weight gradient is summed as it lies, in several blocks of rows or of images
    (3, LANES + 3, 17, 15, 2 * LANES + 5, 1, 1, {}),
    (9, 3 * LANES + 1, 5, 7, LANES - 2, 1, 1, {}),
    (2, 40 * LANES, 13, 11, 2 * LANES, 1, 1, {}),
    # 1x1 of few pixels: a dense layer
    (2, 40 * LANES, 3, 4, 2 * LANES, 1, 1, {}),
    (2, 131, 5, 7, 67, 1, 1, {"dilation": 3}),
    (37, 3, 1, 1, LANES + 1, 1, 1, {}),
    (1, LANES, 1, 1, 2, 1, 1, {}),
    # first layers, whose taps are all in registers: several blocks, strides, dilation
    (3, 1, 19, 23, 3 * LANES + 1, 3, 3, {"padding": (0, 1)}),
    (7, 2, 9, 8, LANES + 2, 2, 3, {"stride": (2, 1), "dilation": (2, 1), "padding": ((1, 2), (0, 1))}),
    # strides, padding, dilation, groups
    (2, 4, 9, 10, 8, 3, 3, {"stride": 2}),
    (1, 3, 11, 9, 7, 3, 2, {"stride": (2, 3), "padding": (1, 0)}),
    (1, 2, 9, 9, 3, 2, 2, {"stride": 3}),
    (2, 3, 8, 8, 4, 1, 1, {"stride": 2, "padding": 1}),
    (2, LANES + 1, 9, 10, 8, 1, 1, {"stride": 2}),
    (1, 2 * LANES, 9, 8, 5, 1, 3, {"stride": (3, 2), "padding": (0, 1)}),
    (2, LANES, 8, 7, 20, 3, 1, {"stride": (1, 3), "padding": ((1, 1), (2, 0)), "groups": 1}),
    (1, 4, 12, 11, 6, 3, 3, {"dilation": (2, 3), "padding": ((1, 2), (0, 4))}),
    (1, 2, 13, 12, 5, 3, 3, {"dilation": 2, "stride": 4, "padding": 2}),
    (1, 2, 10, 10, 4, 3, 3, {"dilation": 3, "stride": 2, "padding": 5}),
    (2, 6, 7, 8, 9, 3, 3, {"groups": 3, "padding": 1}),
    (2, 5, 6, 7, 5, 3, 3, {"groups": 5, "stride": 2, "padding": 1}),
    (1, 4, 6, 5, 8, 2, 3, {"groups": 4, "dilation": 2}),
    (1, 2, 4, 4, 3, 3, 3, {"padding": 6}),
    # few filters
    (2, LANES + 3, 9, 11, 3, 3, 3, {"padding": 1}),
    (1, 2 * LANES, 8, 10, 1, 5, 3, {"padding": 2, "stride": 2, "dilation": (1, 2)}),
    (2, LANES, 6, 7, 2, 1, 1, {}),
    # one or two channels, whose input gradient is a convolution to few filters
    (2, 1, 9, 21, 2 * LANES + 3, 3, 3, {"padding": 1}),
    (1, 2, 8, 9, LANES, 3, 3, {"padding": ((0, 2), (1, 0)), "dilation": (2, 1)}),
    (1, 3, 6, 7, LANES, 1, 1, {"stride": 2}),
    # phases of a strided input gradient, some of which other algorithms would suit
    (2, 1, 32, 4 * LANES, 1, 7, 1, {"stride": (2, 1), "padding": (1, 0)}),
    (2, 2, 32, 4 * LANES, 2, 3, 3, {"stride": (2, 1), "padding": 1, "dilation": (1, 2)}),
    (1, 8 * LANES, 1, 32, 8 * LANES, 5, 3, {"stride": (2, 1), "padding": (2, 1)}),
    # few channels to few filters, lanes along the pixels: several blocks of rows, widths around the tile
    (3, 1, 2 * LANES + 5, 2 * LANES - 3, LANES // 2 - 2, 5, 5, {"padding": 2}),
    (2, 3, 40, 2 * LANES + 9, LANES // 2, 5, 3, {"padding": (0, 1), "stride": (2, 1), "dilation": (1, 2)}),
    (1, 2, 9, LANES, LANES // 4, 3, 3, {"padding": ((2, 0), (0, 3))}),
    (2, 4, 35, 3 * LANES - 1, 1, 2, 5, {}),
    # depthwise
    (2, 2 * LANES + 3, 9, 9, 2 * LANES + 3, 3, 3, {"groups": 2 * LANES + 3, "padding": 1}),
    (1, 5, 12, 12, 5, 5, 5, {"groups": 5, "padding": 2, "dilation": 2}),
    (2, 7, 9, 8, 7, 2, 7, {"groups": 7, "stride": (2, 1), "padding": 3}),
    # depthwise in strips
    (2, DEEP, 19, 15, DEEP, 3, 3, {"groups": DEEP, "padding": 1}),
    (1, DEEP + 3, 5, 9, DEEP + 3, 3, 3, {"groups": DEEP + 3, "padding": ((0, 4), (5, 0))}),
    (2, DEEP + 1, 1, 6, DEEP + 1, 3, 5, {"groups": DEEP + 1, "padding": 3, "stride": (1, 2)}),
    (1, DEEP, 3, 7, DEEP, 3, 2, {"groups": DEEP, "dilation": (1, 3)}),
]


def identify(geometry):
    n, c, h, w, k, kh, kw, options = geometry
    return f"{n}x{c}x{h}x{w}-{k}x{kh}x{kw}-" + "-".join(f"{name}{value}" for name, value in options.items())


def integers(rng, shape, dtype):
    return rng.integers(-4, 5, shape).astype(dtype)


def arrays(geometry, dtype, draw=integers):
    n, c, h, w, k, kh, kw, options = geometry
    rng = np.random.default_rng(0)
    groups = options.get("groups", 1)
    shapes = (n, c, h, w), (k, c // groups, kh, kw), (k,)
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


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=identify)
def test_small_integers_are_exact(geometry):
    """On small integers no sum is rounded: every layout gives the reference's values to the last bit."""
    options = geometry[-1]
    x, w, b = arrays(geometry, np.float32)
    dy = integers(np.random.default_rng(1), reference.conv2d(x, w, b, **options).shape, np.float32)
    exact = passes(reference, x, w, b, dy, options)
    for layout in LAYOUTS:
        fast = passes(kernels, layout(x), layout(w), b, layout(dy), options)
        for name, result in fast.items():
            assert result.dtype == np.float32
            np.testing.assert_array_equal(result, exact[name], err_msg=name)


@pytest.mark.parametrize(
    "layer",
    [(3, 5, 3, 1), (17, 33, 3, 1), (35, 35, 3, 35), (64, 64, 3, 1), (17, 3, 3, 1)],
    ids=["few channels", "many", "own", "square", "few filters"],
)
def test_relu_is_that_of_the_stored_result(layer):
    """By every algorithm; NaN stays NaN."""
    channels, filters, taps, groups = layer
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, channels, 12, 13)).astype(np.float32)
    w = rng.standard_normal((filters, channels // groups, taps, taps)).astype(np.float32)
    b = rng.standard_normal(filters).astype(np.float32)
    x[1, 0, 5, 5] = np.nan
    for module in (kernels, reference):
        expected = module.relu(module.conv2d(x, w, b, padding=1, groups=groups))
        assert np.isnan(expected).any() and (expected == 0).any()
        result = module.conv2d(x, w, b, padding=1, groups=groups, relu=True)
        np.testing.assert_array_equal(result, expected)


def test_few_filters_are_no_more_than_lanes(monkeypatch):
    """The sums of all filters are in one vector."""
    monkeypatch.setattr(machine, "lanes", lambda dtype: 2)
    assert [channel_lanes.fits(16, filters, 1, np.dtype(np.float64)) for filters in (2, 3)] == [True, False]


@pytest.mark.parametrize("images", [0, 3])
def test_few_pixels_are_samples_of_a_dense_layer(images):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((images, 96, 4, 5)), rng.standard_normal((98, 96, 1, 1))
    pixels, matrix = channels_last(x).transpose(0, 2, 3, 1).reshape(-1, 96), w[:, :, 0, 0]
    y = kernels.conv2d(x, w, relu=True)
    samples = y.transpose(0, 2, 3, 1).reshape(-1, 98)
    np.testing.assert_array_equal(samples, kernels.relu(kernels.linear(pixels, matrix)))
    assert kernels.conv2d_input(x.shape, w, y).shape == x.shape
    assert kernels.conv2d_weight(x, w.shape, y).shape == w.shape


@pytest.mark.parametrize("geometry", GEOMETRIES[::4], ids=identify)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_within_the_bound(geometry, dtype):
    x, w, b = arrays(geometry, dtype, lambda rng, shape, dtype: rng.standard_normal(shape).astype(dtype))
    for case in convolution_cases("", x, w, b, geometry[-1]):
        row = check(case)
        assert row.passed, row


@pytest.mark.parametrize("images", [0, 1])
def test_few_images(images):
    geometry = GEOMETRIES[4]
    x, w, b = arrays((images, *geometry[1:]), np.float32)
    options = geometry[-1]
    dy = reference.conv2d(x, w, b, **options)
    exact, fast = (passes(module, x, w, b, dy, options) for module in (reference, kernels))
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    images=st.integers(0, 9),
    extra=st.integers(0, 40),
    geometry=st.sampled_from(GEOMETRIES[:6]),
    layouts=st.tuples(*[st.sampled_from(LAYOUTS)] * 3),
    bias=st.booleans(),
)
def test_any_batch_height_and_layout(images, extra, geometry, layouts, bias):
    """Batch size and height are run-time values of a geometry that is compiled once."""
    _, c, h, w, k, kh, kw, options = geometry
    x, weight, b = arrays((images, c, h + extra, w, k, kh, kw, options), np.float32)
    b = b if bias else None
    dy = integers(np.random.default_rng(2), reference.conv2d(x, weight, b, **options).shape, np.float32)
    exact = passes(reference, x, weight, b, dy, options)
    fast = passes(kernels, layouts[0](x), layouts[1](weight), b, layouts[2](dy), options)
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


def test_not_a_number_stays_where_it_is():
    """Padding and lanes beyond the last filter never let a NaN reach a neighbour."""
    geometry = GEOMETRIES[4]
    options = geometry[-1]
    x, w, b = arrays(geometry, np.float32)
    x[0, 0, 0, 0] = np.nan
    with np.errstate(invalid="ignore"):
        exact = reference.conv2d(x, w, b, **options)
    np.testing.assert_array_equal(kernels.conv2d(x, w, b, **options), exact)
    dy = np.nan_to_num(exact)
    dy[0, -1] = np.nan
    with np.errstate(invalid="ignore"):
        exact = passes(reference, np.nan_to_num(x), w, b, dy, options)
    fast = passes(kernels, np.nan_to_num(x), w, b, dy, options)
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


def byte_swapped(a):
    return a.astype(a.dtype.newbyteorder())


def misaligned(a):
    place = np.empty(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    place[...] = a
    return place


@pytest.mark.parametrize("layout", [byte_swapped, misaligned, *LAYOUTS])
def test_any_array_through_the_public_functions(layout):
    """The bytes of the public functions' arguments may lie in any way; the values decide."""
    geometry = GEOMETRIES[4]
    x, w, b = arrays(geometry, np.float32)
    dy = reference.conv2d(x, w, b, **geometry[-1])
    exact = passes(reference, x, w, b, dy, geometry[-1])
    x, w, dy = (layout(a) for a in (x, w, dy))
    fast = {
        "conv2d": functional.conv2d(x, w, b, **geometry[-1]),
        "conv2d_input": grad.conv2d_input(x.shape, w, dy, **geometry[-1]),
        "conv2d_weight": grad.conv2d_weight(x, w.shape, dy, **geometry[-1]),
        "conv2d_bias": grad.conv2d_bias(dy),
    }
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


def test_inputs_are_left_alone():
    geometry = GEOMETRIES[4]
    x, w, b = arrays(geometry, np.float32)
    dy = reference.conv2d(x, w, b, **geometry[-1])
    before = [a.copy() for a in (x, w, b, dy)]
    passes(kernels, x, w, b, dy, geometry[-1])
    for a, kept in zip((x, w, b, dy), before, strict=True):
        np.testing.assert_array_equal(a, kept)


def test_results_are_channels_last():
    geometry = GEOMETRIES[4]
    x, w, b = arrays(geometry, np.float32)
    y = kernels.conv2d(x, w, b, **geometry[-1])
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous
    assert kernels.conv2d_input(x.shape, w, y, **geometry[-1]).transpose(0, 2, 3, 1).flags.c_contiguous


def test_the_grid_meets_every_remainder():
    """The widths and filters above cover one tile, a tile and one more, and a tile and one less."""
    columns = {geometry[4] % LANES for geometry in GEOMETRIES}
    assert {0, 1, LANES - 1} <= columns
    widths = set(chain.from_iterable((g[3] - 1, g[3], g[3] + 1) for g in GEOMETRIES))
    assert {1, 13, 14, 15, 28} <= widths
