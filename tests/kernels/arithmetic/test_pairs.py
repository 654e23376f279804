"""Two arrays, of one shape or of shapes that broadcast: the same bits as NumPy, whatever their memory."""

import numpy as np
import pytest

import fastconv
from fastconv import kernels, reference
from fastconv.benchmark.ours import channels_last

OPERATIONS = "add", "subtract", "multiply", "divide", "maximum", "minimum"
SHAPES = [(), (1,), (5,), (3, 0), (2, 37), (2, 5, 3, 4), (3, 16, 7, 5), (1, 20, 70, 61)]
REPEATED = [
    ((2, 5, 3, 4), (2, 5, 1, 1)),  # a number for each channel of an image, as squeeze and excitation has it
    ((3, 40, 9, 11), (3, 40, 1, 1)),
    ((2, 5, 3, 4), (1, 5, 1, 1)),
    ((2, 5, 3, 4), (2, 1, 3, 4)),
    ((2, 5, 3, 4), (5, 3, 4)),
    ((2, 5, 3, 4), (2, 5, 3, 1)),
    ((2, 5, 3, 4), ()),
    ((2, 5, 1, 1), (1, 5, 3, 4)),
    ((2, 1, 3, 1), (1, 5, 1, 4)),
    ((2, 5, 1, 4), (2, 1, 3, 4)),
    ((1, 1, 1, 1), (3, 2, 2, 2)),
    ((3, 1), (1, 4)),
    ((4, 9001), (4, 1)),
    ((4, 9001), (9001,)),
    ((9001, 2), (2,)),
    ((0, 5, 3, 4), (5, 1, 1)),
    ((2, 3, 0), (2, 1, 1)),
    ((2, 3, 4, 2, 3), (1, 3, 1, 2, 1)),  # too many turns: one of them is written out
]


def values(shape, seed, dtype=np.float64):
    """Numbers of which one is NaN."""
    x = np.asarray(np.random.default_rng(seed).normal(size=shape)).astype(dtype)
    if x.size > 2:
        x.flat[seed] = np.nan
    return x


def lies_by_channels(array):
    return array.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_of_one_shape(shape, dtype):
    a, b = values(shape, 0, dtype), values(shape, 1, dtype)
    for name in OPERATIONS if dtype == np.float32 else OPERATIONS[:1]:
        y = getattr(kernels, name)(a, b)
        assert (y.dtype, y.shape) == (dtype, shape)
        np.testing.assert_array_equal(y, getattr(reference, name)(a, b), err_msg=name)
    np.testing.assert_array_equal(kernels.add(a, b, relu=True), reference.add(a, b, relu=True))


@pytest.mark.parametrize(
    "lay", [lambda a: a, channels_last, lambda a: np.repeat(a, 2, 3)[..., ::2], lambda a: a[:, ::-1]]
)
def test_arrays_that_lie_differently(lay):
    a, b = values((3, 16, 7, 5), 0), values((3, 16, 7, 5), 1)
    for one, two in ((lay(a), b), (a, lay(b)), (lay(a), lay(b)), (lay(a), channels_last(b))):
        np.testing.assert_array_equal(kernels.subtract(one, two), one - two)
    assert lies_by_channels(kernels.add(channels_last(a), b))
    assert lies_by_channels(kernels.add(a, channels_last(b)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("one", "other"), REPEATED)
def test_arrays_that_are_repeated(one, other, dtype):
    a, b = values(one, 0, dtype), values(other, 1, dtype)
    for x, y in ((a, b), (b, a)):
        expected = reference.subtract(x, y)
        result = kernels.subtract(x, y)
        assert (result.dtype, result.shape) == (dtype, expected.shape)
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("one", "other"), [pair for pair in REPEATED if len(pair[0]) == 4])
def test_images_that_are_repeated_stay_channels_last(one, other):
    a, b = channels_last(values(one, 0)), values(other, 1)
    for x, y in ((a, b), (b, a), (a, channels_last(b) if b.ndim == 4 else b)):
        result = kernels.divide(x, y)
        np.testing.assert_array_equal(result, x / y)
        assert lies_by_channels(result) or not lies_by_channels(a) or a.flags.c_contiguous


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_repeated(name):
    a, b = channels_last(values((2, 20, 3, 4), 0)), values((2, 20, 1, 1), 1)
    np.testing.assert_array_equal(getattr(kernels, name)(a, b), getattr(reference, name)(a, b))
    np.testing.assert_array_equal(getattr(kernels, name)(b, a), getattr(reference, name)(b, a))


def test_large_results_are_the_same_with_any_number_of_threads():
    a, b = (channels_last(values((2, 64, 260, 260), seed, np.float32)) for seed in (0, 1))
    few = values((2, 64, 1, 1), 2, np.float32)
    before = fastconv.get_num_threads()
    try:
        for threads in (1, 2):
            fastconv.set_num_threads(min(threads, before))
            np.testing.assert_array_equal(kernels.add(a, b, relu=True), np.maximum(a + b, 0))
            np.testing.assert_array_equal(kernels.multiply(a, few), a * few)
    finally:
        fastconv.set_num_threads(before)
