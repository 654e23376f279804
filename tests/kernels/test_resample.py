"""Every kernel beside its twin, in both types, in every layout, exact where nothing is weighted."""

import numpy as np
import pytest

import fastconv
from fastconv import kernels, reference
from fastconv.benchmark.ours import channels_last

DTYPES = np.float32, np.float64
SHAPES = (2, 3, 7, 5), (1, 37, 4, 6), (2, 64, 3, 1), (0, 3, 4, 4)
CASES = [(shape, dtype) for dtype in DTYPES for shape in SHAPES if dtype is np.float32 or shape[1] < 64]
"""One type is enough for the widest vectors."""
LAYOUTS = (lambda a: a), channels_last, (lambda a: np.repeat(a, 2, 3)[..., ::2])
PADS = (1, 2), (1, 2, 3, 0), (0, 1, -1, 0), (0, 0, 0, 0, 1, 2), (1, 0, 2, 0, -1, 1, 0, 1), ()
RESIZED = ((9, 4), None), (None, (2.0, 2.0)), (None, (0.55, 1.0)), (None, (1.7, 3.0))


def whole(shape, seed, dtype):
    """Small whole numbers, whose sums are exact."""
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(dtype)


@pytest.mark.parametrize(("shape", "dtype"), CASES)
@pytest.mark.parametrize("how", RESIZED, ids=repr)
def test_interpolation(how, shape, dtype):
    for lay in LAYOUTS:
        x = whole(shape, 0, dtype)
        y = kernels.interpolate(lay(x), *how)
        assert y.dtype == dtype
        assert np.array_equal(y, reference.interpolate(x, *how))
        dy = whole(y.shape, 1, dtype)
        dx = kernels.interpolate_input(lay(dy), shape, *how)
        assert np.array_equal(dx, reference.interpolate_input(dy, shape, *how))
        for corners in (False, True):
            options = *how, "bilinear", corners
            # |x| and |dy| are at most 8; a pixel is read by at most all outputs, with weights of at most 1.
            bound = 8 * 8 * np.finfo(dtype).eps
            error = kernels.interpolate(lay(x), *options) - reference.interpolate(x, *options)
            assert np.abs(error).max(initial=0) <= bound
            error = kernels.interpolate_input(lay(dy), shape, *options)
            error -= reference.interpolate_input(dy, shape, *options)
            assert np.abs(error).max(initial=0) <= bound * y.shape[2] * y.shape[3]


@pytest.mark.parametrize(("shape", "dtype"), CASES)
@pytest.mark.parametrize("sides", PADS)
def test_padding(sides, shape, dtype):
    if (shape[0] == 0 or shape[2] == 0) and len(sides) == 8:
        sides = sides[:6]
    for lay in LAYOUTS:
        x = whole(shape, 0, dtype)
        y = kernels.pad(lay(x), sides, value=2.5)
        assert y.dtype == dtype
        assert np.array_equal(y, reference.pad(x, sides, value=2.5))
        dy = whole(y.shape, 1, dtype)
        expected = reference.pad_input(dy, shape, sides)
        assert np.array_equal(kernels.pad_input(lay(dy), shape, sides), expected)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_with_pixels_of_the_image(mode):
    for shape, sides in (
        ((2, 5, 4, 6), (3, 2, 1, 3)),
        ((2, 5, 4, 6), (3, 2)),
        ((3, 4), (2, 1)),
        ((5,), (1,) * 2),
    ):
        x = whole(shape, 0, np.float32)
        y = kernels.pad(x, sides, mode)
        assert np.array_equal(y, reference.pad(x, sides, mode))
        dy = whole(y.shape, 1, np.float32)
        dx = kernels.pad_input(dy, shape, sides, mode)
        assert np.array_equal(dx, reference.pad_input(dy, shape, sides, mode))


@pytest.mark.parametrize(("factor", "dtype"), [(2, np.float32), (3, np.float64)])
def test_channels_become_pixels_and_again_channels(factor, dtype):
    for lay in LAYOUTS:
        x = whole((2, 5 * factor**2, 3, 4), 0, dtype)
        y = kernels.pixel_shuffle(lay(x), factor)
        assert np.array_equal(y, reference.pixel_shuffle(x, factor))
        assert np.array_equal(kernels.pixel_shuffle_input(lay(np.array(y)), factor), x)
    assert kernels.pixel_shuffle(np.zeros((0, 4, 2, 2), dtype), 2).shape == (0, 1, 4, 4)


def test_what_is_copied_keeps_its_bits():
    x = np.array([-0.0, np.nan, np.inf, -np.inf, 0.0] * 4, np.float32).reshape(1, 5, 2, 2)
    for y in (kernels.interpolate(x, (4, 4))[..., ::2, ::2], kernels.pad(x, (1, 1, 1, 1))[..., 1:3, 1:3]):
        assert np.array_equal(np.signbit(y), np.signbit(x))
        assert np.array_equal(y, x, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("factor", [1.2242552146714991, 2.3, 0.55])
def test_signals(factor, dtype):
    for shape in ((2, 3, 51), (2, 3, 4)):
        x = whole(shape, 0, dtype)
        y = kernels.interpolate(x, None, (factor,))
        assert np.array_equal(y, reference.interpolate(x, None, (factor,)))
        dy = whole(y.shape, 1, dtype)
        dx = kernels.interpolate_input(dy, shape, None, (factor,))
        assert np.array_equal(dx, reference.interpolate_input(dy, shape, None, (factor,)))
        z = kernels.interpolate(x, (9,), mode="bilinear")
        bound = 8 * 8 * np.finfo(dtype).eps
        assert np.abs(z - reference.interpolate(x, (9,), mode="bilinear")).max() <= bound


def test_borders_may_be_any_number():
    x = whole((1, 3, 2, 2), 0, np.float32)
    for value in (-0.0, 0.0, np.nan, -np.inf):
        y = kernels.pad(x, (1, 0), value=value)[..., 0]
        assert np.array_equal(y, np.full_like(y, value), equal_nan=True)
        assert np.array_equal(np.signbit(y), np.full(y.shape, np.signbit(value)))


def test_few_rows_of_many_channels_are_cut_among_threads():
    dy = channels_last(whole((1, 300, 40, 50), 0, np.float32))
    before, results = fastconv.get_num_threads(), []
    try:
        for threads in (1, 2):
            fastconv.set_num_threads(min(threads, before))
            results.append(kernels.interpolate_input(dy, (1, 300, 1, 1)))
    finally:
        fastconv.set_num_threads(before)
    for dx in results:
        assert np.array_equal(dx, dy.sum((2, 3), keepdims=True, dtype=np.float64))


def test_large_results_are_the_same_with_any_number_of_threads():
    x = channels_last(whole((2, 64, 90, 100), 0, np.float32))
    before, results = fastconv.get_num_threads(), []
    try:
        for threads in (1, 2):
            fastconv.set_num_threads(min(threads, before))
            y = kernels.interpolate(x, (211, 203), mode="bilinear")
            dx = kernels.interpolate_input(y, x.shape, mode="bilinear")
            padded = kernels.pad(x, (1, 1, 1, 1)), kernels.pad(x[:, :3], (1, 2, 3, 4), value=1.5)
            results.append((y, dx, *padded, kernels.pixel_shuffle(x, 2)))
    finally:
        fastconv.set_num_threads(before)
    for one, two in zip(*results, strict=True):
        assert np.array_equal(one, two)
    around = ((0, 0), (0, 0), (1, 1), (1, 1)), ((0, 0), (0, 0), (3, 4), (1, 2))
    assert np.array_equal(results[0][2], np.pad(x, around[0]))
    assert np.array_equal(results[0][3], np.pad(x[:, :3], around[1], constant_values=1.5))
