import math

import numpy as np
import pytest

from fastconv.reference import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_input,
    avg_pool2d,
    avg_pool2d_input,
    max_pool2d,
    max_pool2d_input,
)

NAN, INF = math.nan, math.inf


def test_output_and_places_by_hand():
    x = np.array([[1.0, 2, 5, 6], [3, 4, 8, 7], [9, 1, 0, -1], [2, 3, -2, -3]])[None, None]
    z, indices = max_pool2d(x, 2, return_indices=True)
    np.testing.assert_array_equal(z[0, 0], [[4, 8], [9, 0]])
    np.testing.assert_array_equal(indices[0, 0], [[1 * 4 + 1, 1 * 4 + 2], [2 * 4 + 0, 2 * 4 + 2]])
    assert indices.dtype == np.int64


def test_routing_by_hand():
    x = np.array([[1.0, 2, 5, 6], [3, 4, 8, 7], [9, 1, 0, -1], [2, 3, -2, -3]])[None, None]
    _, indices = max_pool2d(x, 2, return_indices=True)
    dX = max_pool2d_input(np.array([[10.0, 20], [30, 40]])[None, None], indices, x.shape)
    np.testing.assert_array_equal(dX[0, 0], [[0, 0, 0, 0], [0, 10, 20, 0], [30, 0, 40, 0], [0, 0, 0, 0]])


def test_a_pixel_that_wins_overlapping_windows_gets_the_sum():
    x = np.array([[0.0, 1, 0], [1, 9, 1], [0, 1, 0]])[None, None]
    z, indices = max_pool2d(x, 2, stride=1, return_indices=True)
    np.testing.assert_array_equal(z[0, 0], [[9, 9], [9, 9]])
    dX = max_pool2d_input(np.array([[1.0, 2], [4, 8]])[None, None], indices, x.shape)
    np.testing.assert_array_equal(dX[0, 0], [[0, 0, 0], [0, 15, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("window", "winner"),
    [
        ([[7, 7], [7, 7]], 0),
        ([[1, 7], [7, 7]], 1),
        ([[1, 2], [7, 7]], 2),
        ([[-INF, -INF], [-INF, -INF]], 0),
        ([[-INF, -INF], [-INF, -5]], 3),
        ([[1, NAN], [9, NAN]], 1),
        ([[NAN, NAN], [NAN, NAN]], 0),
        ([[INF, 1], [NAN, INF]], 2),
        ([[-0.0, 0.0], [0.0, -0.0]], 0),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_infinities_and_nan(window, winner, dtype):
    x = np.array(window, dtype=dtype)[None, None]
    z, indices = max_pool2d(x, 2, return_indices=True)
    assert indices.item() == winner
    assert z.dtype == dtype
    np.testing.assert_array_equal(z.item(), x.flat[winner])


def test_padding_never_wins():
    x = np.full((1, 1, 2, 2), -INF)
    z, indices = max_pool2d(x, 2, stride=1, padding=1, return_indices=True)
    np.testing.assert_array_equal(z, np.full((1, 1, 3, 3), -INF))
    np.testing.assert_array_equal(indices[0, 0], [[0, 0, 1], [0, 0, 1], [2, 2, 3]])


# input shape, kernel, stride, padding, dilation
GEOMETRIES = [
    ((2, 3, 6, 8), 2, None, 0, 1),
    ((2, 3, 7, 9), 2, None, 0, 1),
    ((1, 2, 7, 8), 3, 2, 1, 1),
    ((1, 2, 8, 7), (2, 3), (1, 2), (1, 0), 1),
    ((1, 2, 6, 9), 3, 1, ((1, 0), (0, 1)), 1),
    ((1, 2, 9, 8), (3, 2), 2, ((0, 1), (1, 0)), (2, 3)),
    ((2, 1, 5, 5), 3, 3, 1, 1),
    ((1, 1, 4, 10), 2, 5, 1, 1),
    ((1, 1, 3, 3), 1, 2, 0, 1),
    ((0, 2, 4, 4), 2, 2, 0, 1),
]


def by_definition(x, kernel, stride, padding, dilation, ceil_mode):
    """Every window as a list of the pixels in it, from which the first largest is taken."""
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    stride = kernel if stride is None else stride if isinstance(stride, tuple) else (stride, stride)
    dilation = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    padding = padding if isinstance(padding, tuple) else (padding, padding)
    padding = [side if isinstance(side, tuple) else (side, side) for side in padding]
    windows = []
    for i, size in enumerate(x.shape[2:]):
        rest = sum(padding[i]) + size - dilation[i] * (kernel[i] - 1) - 1
        count = (math.ceil if ceil_mode else math.floor)(rest / stride[i]) + 1
        starts = [p * stride[i] - padding[i][0] for p in range(count)]
        windows.append(
            [
                [start + r * dilation[i] for r in range(kernel[i]) if 0 <= start + r * dilation[i] < size]
                for start in starts
                if start < size
            ]
        )
    z = np.empty((*x.shape[:2], len(windows[0]), len(windows[1])), dtype=x.dtype)
    indices = np.empty(z.shape, dtype=np.int64)
    for n, c, p, q in np.ndindex(z.shape):
        pixels = [(h, w) for h in windows[0][p] for w in windows[1][q]]
        best = pixels[0]
        for pixel in pixels[1:]:
            if x[n, c][pixel] > x[n, c][best] or (np.isnan(x[n, c][pixel]) and not np.isnan(x[n, c][best])):
                best = pixel
        z[n, c, p, q] = x[n, c][best]
        indices[n, c, p, q] = best[0] * x.shape[3] + best[1]
    return z, indices


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("values", ["distinct", "ties", "special"])
def test_output_is_the_largest_of_every_window(values, geometry, ceil_mode):
    size, *steps = geometry
    rng = np.random.default_rng(3)
    if values == "distinct":
        x = rng.permutation(math.prod(size)).reshape(size).astype(np.float64)
    elif values == "ties":
        x = rng.integers(0, 2, size).astype(np.float32)
    else:
        x = rng.choice([NAN, INF, -INF, 0.0], size, p=[0.2, 0.1, 0.6, 0.1])
    z, indices = max_pool2d(x, *steps, ceil_mode, return_indices=True)
    expected_z, expected_indices = by_definition(x, *steps, ceil_mode)
    np.testing.assert_array_equal(z, expected_z)
    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_array_equal(max_pool2d(x, *steps, ceil_mode), expected_z)


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_gradient_is_central_differences(geometry, ceil_mode, assert_gradient):
    size, *steps = geometry
    # Neighbours in size are far apart, so that no step of the differences changes a winner.
    x = np.random.default_rng(4).permutation(math.prod(size)).reshape(size) / 10
    z, indices = max_pool2d(x, *steps, ceil_mode, return_indices=True)
    g = np.random.default_rng(5).standard_normal(z.shape)
    dX = max_pool2d_input(g, indices, size)
    assert_gradient(dX, lambda x: np.sum(g * max_pool2d(x, *steps, ceil_mode)), x)


def test_gradient_sums_in_float64():
    g = np.array([2.0**24, 1, 1, -(2.0**24)], dtype=np.float32).reshape(1, 1, 1, 4)
    dX = max_pool2d_input(g, np.full(g.shape, 1), (1, 1, 1, 2))
    assert dX.dtype == np.float32
    np.testing.assert_array_equal(dX[0, 0], [[0, 2]])


IMAGE = np.arange(1.0, 10).reshape(1, 1, 3, 3)  # 1 2 3, 4 5 6, 7 8 9


@pytest.mark.parametrize(
    ("arguments", "means"),
    [
        ((2, 1), [[3, 4], [6, 7]]),
        ((2,), [[3]]),
        ((2, None, 0, True), [[3, 4.5], [7.5, 9]]),
        # Padding counts, what lies beyond it does not.
        ((2, 2, 1), [[0.25, 1.25], [2.75, 7]]),
        ((2, 2, 1, False, False), [[1, 2.5], [5.5, 7]]),
        ((3, 3, 1, True), [[12 / 9, 9 / 6], [15 / 6, 9 / 4]]),
        ((3, 3, 1, True, False), [[3, 4.5], [7.5, 9]]),
        ((2, 1, 0, False, True, 8), [[1.5, 2], [3, 3.5]]),
        ((2, 2, 1, True, False, -1), [[-1, -5], [-11, -28]]),
        (((1, 3), 1, ((0, 0), (1, 0))), [[1, 2], [3, 5], [5, 8]]),
    ],
    ids=str,
)
def test_means_by_hand(arguments, means):
    np.testing.assert_array_equal(avg_pool2d(IMAGE, *arguments)[0, 0], means)


def test_shares_by_hand():
    g = np.array([[4.0, 8], [12, 16]])[None, None]
    dX = avg_pool2d_input(g, (1, 1, 3, 3), 2, 1)
    np.testing.assert_array_equal(dX[0, 0], [[1, 3, 2], [4, 10, 6], [3, 7, 4]])
    dX = avg_pool2d_input(g, (1, 1, 3, 3), 2, 2, 0, True)
    np.testing.assert_array_equal(dX[0, 0], [[1, 1, 4], [1, 1, 4], [6, 6, 16]])
    dX = avg_pool2d_input(g[:, :, :1, :1], (1, 1, 3, 3), 2)
    np.testing.assert_array_equal(dX[0, 0], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("size", "means"),
    [
        (1, [[5]]),
        (2, [[3, 4], [6, 7]]),
        ((None, 1), [[2], [5], [8]]),
        ((1, 4), [[4, 4.5, 5.5, 6]]),
    ],
    ids=str,
)
def test_adaptive_means_by_hand(size, means):
    np.testing.assert_array_equal(adaptive_avg_pool2d(IMAGE, size)[0, 0], means)


def test_adaptive_shares_by_hand():
    dX = adaptive_avg_pool2d_input(np.array([[4.0, 8], [12, 16]])[None, None], (1, 1, 3, 3))
    np.testing.assert_array_equal(dX[0, 0], [[1, 3, 2], [4, 10, 6], [3, 7, 4]])
    dX = adaptive_avg_pool2d_input(np.array([[18.0]])[None, None], (1, 1, 3, 3))
    np.testing.assert_array_equal(dX[0, 0], np.full((3, 3), 2))


@pytest.mark.parametrize("options", [(False, True), (True, True), (True, False), (True, False, 5)], ids=str)
@pytest.mark.parametrize("geometry", [g[:-1] for g in GEOMETRIES if g[-1] == 1], ids=str)
def test_average_gradient_is_central_differences(geometry, options, assert_gradient):
    size, *steps = geometry
    x = np.random.default_rng(4).standard_normal(size)
    g = np.random.default_rng(5).standard_normal(avg_pool2d(x, *steps, *options).shape)
    dX = avg_pool2d_input(g, size, *steps, *options)
    assert_gradient(dX, lambda x: np.sum(g * avg_pool2d(x, *steps, *options)), x)


@pytest.mark.parametrize("output", [1, (2, 3), (5, None), (9, 4)], ids=str)
def test_adaptive_average_gradient_is_central_differences(output, assert_gradient):
    x = np.random.default_rng(4).standard_normal((2, 2, 5, 7))
    g = np.random.default_rng(5).standard_normal(adaptive_avg_pool2d(x, output).shape)
    dX = adaptive_avg_pool2d_input(g, x.shape)
    assert_gradient(dX, lambda x: np.sum(g * adaptive_avg_pool2d(x, output)), x)


def test_means_and_shares_are_summed_in_float64():
    x = np.array([2.0**24, 1, 1, -(2.0**24)], dtype=np.float32).reshape(1, 1, 1, 4)
    for z in (avg_pool2d(x, (1, 4)), adaptive_avg_pool2d(x, 1)):
        assert z.dtype == np.float32
        assert z.item() == 0.5
    dX = avg_pool2d_input(x[..., [0, 3, 1]], (1, 1, 1, 3), (1, 3), 1, (0, 1), False, True, 1)
    assert dX.dtype == np.float32
    np.testing.assert_array_equal(dX.ravel(), [0, 1, 1 - 2.0**24])


def test_a_nan_reaches_its_windows_alone():
    x = IMAGE.copy()
    x[0, 0, 0, 0] = NAN
    np.testing.assert_array_equal(avg_pool2d(x, 2, 1)[0, 0], [[NAN, 4], [6, 7]])
