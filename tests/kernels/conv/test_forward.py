"""Convolution and its gradients: layouts, batches, bounds, ReLU, and what is no number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastconv import functional, grad, kernels, reference
from fastconv.verification import check, convolution_cases
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
