"""Convolution and its gradients: layouts, batches, bounds, ReLU, and what is no number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastconv import functional, grad, kernels, reference
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.conv.table import CONVOLUTION, FORWARD, TABLE, computed_by
from fastconv.kernels.engine import machine
from fastconv.verification import check, convolution_cases
from tests.kernels.chain.cases import after_a_layer, in_sequence, norm
from tests.kernels.conv.cases import (
    ALL,
    DIRECT,
    EVERY_ALGORITHM,
    LAYOUTS,
    UNCOPIED,
    arrays,
    integers,
    normal,
    passes,
)

TYPICAL = DIRECT[0]


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


@pytest.mark.parametrize(
    ("case", "dtype"),
    [*((case, np.float32) for case in ALL[::4]), *((case, np.float64) for case in EVERY_ALGORITHM)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_within_the_bound(case, dtype):
    x, w, b = arrays(case, dtype, normal)
    for comparison in convolution_cases("", x, w, b, case.options):
        row = check(comparison)
        assert row.passed, row


STAGED = [
    ("direct", (1, 3, 20, 22), (16, 3, 3, 3), {"stride": 2, "padding": 1}),
    ("direct", (2, 32, 14, 15), (83, 32, 1, 1), {}),
    ("direct", (2, 17, 9, 9), (5, 17, 3, 3), {"padding": 1}),
    ("direct", (1, 6, 9, 9), (9, 2, 3, 3), {"groups": 3}),
    ("channel_lanes", (2, 19, 9, 8), (3, 19, 3, 3), {"padding": 1}),
    ("pixel_lanes", (1, 2, 40, 41), (4, 2, 3, 3), {"padding": 1}),
    ("depthwise", (2, 20, 9, 18), (20, 1, 3, 3), {"padding": 1, "groups": 20}),
    ("depthwise_strips", (1, 131, 19, 18), (131, 1, 3, 3), {"padding": 1, "groups": 131}),
    ("winograd_fused", (1, 64, 14, 15), (64, 64, 3, 3), {"padding": 1}),
    ("winograd", (1, 64, 56, 55), (64, 64, 3, 3), {"padding": 1}),
    ("pointwise", (1, 256, 4, 5), (256, 256, 1, 1), {}),
    ("direct", (2, 5, 9, 11), (6, 5, 3, 2), {"stride": 2}),
    ("direct", (1, 7, 6, 5), (8, 7, 3, 3), {"padding": 1}),
]
"""Convolutions by each algorithm on AVX-512, with vectors that are full and not."""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("algorithm", "size", "weight_size", "options"), STAGED, ids=str)
def test_stages_have_the_bits_of_the_operations(algorithm, size, weight_size, options, dtype):
    """What is no number, too."""
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (size, weight_size, weight_size[:1]))
    x[0, 0, 0, 0], x[-1, -1, -1, -1] = np.nan, np.inf
    for changed in ({"relu": False}, {"relu": True}, {"bias": None}):
        every = {"bias": b} | changed | options
        y = kernels.conv2d(x, w, **every)
        stages = after_a_layer(y.shape, dtype)
        result = kernels.conv2d(x, w, **every, stages=stages)
        assert result.tobytes() == in_sequence(y, stages).tobytes()
        assert result.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.skipif(machine.vectors().name != "AVX-512", reason="shapes for the lanes of AVX-512")
def test_stages_are_tested_after_every_algorithm():
    for algorithm, size, weight_size, options in STAGED:
        every = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1} | options
        p = problem(size, weight_size, **every, dtype=np.float32, winograd=True)
        assert [row.name for row in computed_by("forward", p)] == [algorithm]
    assert {row.name for row in TABLE if {CONVOLUTION, FORWARD} & row.plans.keys()} == {
        one[0] for one in STAGED
    }


def test_stages_that_do_not_fit_are_done_one_after_another():
    x, w, b = arrays(TYPICAL, np.float32, normal)
    y = kernels.conv2d(x, w, b, **TYPICAL.options)
    gate = np.random.default_rng(0).standard_normal((*y.shape[:2], 1, 1)).astype(np.float32)
    stages = norm(y.shape[1], np.float32), ("multiply", gate), ("relu",)
    assert (
        kernels.conv2d(x, w, b, **TYPICAL.options, stages=stages).tobytes()
        == in_sequence(y, stages).tobytes()
    )


@pytest.mark.parametrize("images", [0, 1])
def test_few_images(images):
    x, w, b = arrays(TYPICAL, np.float32, images=images)
    options = TYPICAL.options
    dy = reference.conv2d(x, w, b, **options)
    exact, fast = (passes(module, x, w, b, dy, options) for module in (reference, kernels))
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    images=st.integers(0, 9),
    extra=st.integers(0, 40),
    case=st.sampled_from([*DIRECT[:2], *UNCOPIED[:4]]),
    layouts=st.tuples(*[st.sampled_from(LAYOUTS)] * 3),
    bias=st.booleans(),
)
def test_any_batch_height_and_layout(images, extra, case, layouts, bias):
    """Batch size and height are run-time values of a geometry that is compiled once."""
    x, weight, b = arrays(case, np.float32, images=images, extra=extra)
    options = case.options
    b = b if bias else None
    dy = integers(np.random.default_rng(2), reference.conv2d(x, weight, b, **options).shape, np.float32)
    exact = passes(reference, x, weight, b, dy, options)
    fast = passes(kernels, layouts[0](x), layouts[1](weight), b, layouts[2](dy), options)
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


def test_not_a_number_stays_where_it_is():
    """Padding and lanes beyond the last filter never let a NaN reach a neighbour."""
    options = TYPICAL.options
    x, w, b = arrays(TYPICAL, np.float32)
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
    x, w, b = arrays(TYPICAL, np.float32)
    dy = reference.conv2d(x, w, b, **TYPICAL.options)
    exact = passes(reference, x, w, b, dy, TYPICAL.options)
    x, w, dy = (layout(a) for a in (x, w, dy))
    fast = {
        "conv2d": functional.conv2d(x, w, b, **TYPICAL.options),
        "conv2d_input": grad.conv2d_input(x.shape, w, dy, **TYPICAL.options),
        "conv2d_weight": grad.conv2d_weight(x, w.shape, dy, **TYPICAL.options),
        "conv2d_bias": grad.conv2d_bias(dy),
    }
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)


def test_inputs_are_left_alone():
    x, w, b = arrays(TYPICAL, np.float32)
    dy = reference.conv2d(x, w, b, **TYPICAL.options)
    before = [a.copy() for a in (x, w, b, dy)]
    passes(kernels, x, w, b, dy, TYPICAL.options)
    for a, kept in zip((x, w, b, dy), before, strict=True):
        np.testing.assert_array_equal(a, kept)


def test_results_are_channels_last():
    x, w, b = arrays(TYPICAL, np.float32)
    y = kernels.conv2d(x, w, b, **TYPICAL.options)
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous
    assert kernels.conv2d_input(x.shape, w, y, **TYPICAL.options).transpose(0, 2, 3, 1).flags.c_contiguous
