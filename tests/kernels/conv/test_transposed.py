"""Transposed convolution: every way in which an input gradient is computed, with a bias."""

import numpy as np
import pytest

from fastconv import kernels, reference, settings
from fastconv.kernels.engine import jit
from fastconv.verification import check, transposed_cases
from tests.kernels.conv.cases import LAYOUTS, integers, normal

CASES = [
    # input, weight, options: all phases, phases that no tap reaches, scatter, pointwise, depthwise, groups
    ((2, 20, 4, 5), (20, 24, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((2, 6, 5, 4), (6, 5, 2, 2), {"stride": 3, "output_padding": (2, 0), "groups": 3}),
    ((2, 9, 8, 9), (9, 3, 4, 4), {"stride": 2, "padding": 1}),
    ((2, 40, 4, 4), (40, 300, 1, 1), {}),
    ((2, 24, 6, 6), (24, 1, 3, 3), {"stride": 2, "padding": ((1, 0), (0, 1)), "groups": 24}),
    # output padding beyond the stride, where the dilation is larger, and more than the padding
    ((2, 6, 5, 4), (6, 2, 2, 3), {"dilation": (4, 2), "output_padding": (3, 1), "groups": 2}),
    (
        (2, 6, 5, 4),
        (6, 2, 2, 3),
        {"stride": (1, 2), "dilation": (3, 1), "padding": 1, "output_padding": (2, 1)},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_small_integers_are_exact(case):
    size, weight_size, options = case
    rng = np.random.default_rng(0)
    x, w = integers(rng, size, np.float32), integers(rng, weight_size, np.float32)
    bias = integers(rng, weight_size[1] * options.get("groups", 1), np.float32)
    for b in (bias, None):
        exact = reference.conv_transpose2d(x, w, b, **options)
        for layout in LAYOUTS[: 2 if b is None else None]:
            fast = kernels.conv_transpose2d(layout(x), layout(w), b, **options)
            assert fast.dtype == np.float32
            np.testing.assert_array_equal(fast, exact)
    nothing = kernels.conv_transpose2d(x[:0], w, bias, **options)
    assert nothing.shape == (0, *exact.shape[1:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_within_the_bound(dtype):
    size, weight_size, options = CASES[0]
    rng = np.random.default_rng(0)
    x, w, b = (normal(rng, shape, dtype) for shape in (size, weight_size, weight_size[1]))
    for case in transposed_cases("", x, w, b, options):
        row = check(case)
        assert row.passed, row


def test_winograd_gets_the_bias():
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((2, 64, 8, 8), (64, 32, 3, 3), 32))
    fast = kernels.conv_transpose2d(x, w, b, padding=1)
    np.testing.assert_allclose(fast, reference.conv_transpose2d(x, w, b, padding=1), atol=1e-3)
    with settings.config(winograd=False):
        direct = kernels.conv_transpose2d(x, w, b, padding=1)
    assert not np.array_equal(fast, direct)
    np.testing.assert_allclose(fast, direct, atol=1e-3)


@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_the_same_bits_at_any_number_of_threads(case):
    size, weight_size, options = case
    rng, channels = np.random.default_rng(0), weight_size[1] * options.get("groups", 1)
    shapes = (64, *size[1:]), weight_size, channels
    arrays = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    before, results = jit.get_num_threads(), []
    for threads in (1, before):
        jit.set_num_threads(threads)
        results.append(kernels.conv_transpose2d(*arrays, **options))
    np.testing.assert_array_equal(*results)
