"""prelu: the reference's values and sums, for one slope or one a channel, in any layout."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import jit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "slopes"),
    [
        *(((), ()), ((5,), (1,)), ((3, 5000), ()), ((0, 3), (3,)), ((0, 3), ())),
        *(
            ((7, 3), (3,)),
            ((300, 33), (33,)),
            ((2, 16, 9), (16,)),
            ((2, 5, 6, 7), (5,)),
            ((2, 1, 6, 7), (1,)),
        ),
    ],
    ids=str,
)
def test_values_and_gradients(shape, slopes, dtype):
    """On small integers all is exact."""
    rng = np.random.default_rng(0)
    x, dy = (np.asarray(rng.integers(-4, 5, shape).astype(dtype)) for _ in range(2))
    weight = np.asarray(rng.integers(-3, 4, slopes).astype(dtype))
    layouts = [x]
    if x.ndim > 2:
        layouts += [np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1), x[..., ::-1][..., ::-1]]
    for given in layouts:
        for name, arguments in (
            ("prelu", (given, weight)),
            ("prelu_input", (given, weight, dy)),
            ("prelu_weight", (given, weight, dy)),
        ):
            fast, exact = (getattr(backend, name)(*arguments) for backend in (kernels, reference))
            assert fast.dtype == dtype and fast.shape == np.shape(exact)
            np.testing.assert_array_equal(fast, exact)


def test_special_values():
    x, w = np.array([np.nan, np.inf, -np.inf, -0.0], np.float32), np.array(0.5, np.float32)
    np.testing.assert_array_equal(kernels.prelu(x, w), [np.nan, np.inf, -np.inf, 0])
    dx = kernels.prelu_input(x, w, np.ones(4, np.float32))
    np.testing.assert_array_equal(dx[1:], [1, 0.5, 0.5])


def test_the_same_bits_in_any_number_of_threads():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((40_000, 7)).astype(np.float32), rng.random(7).astype(np.float32)
    threads, results = jit.get_num_threads(), set()
    try:
        for number in {1, threads}:
            jit.set_num_threads(number)
            for weight in (w, w[:1]):
                results.add((weight.size, kernels.prelu_weight(x, weight, x).tobytes()))
                results.add((weight.size + 10, kernels.prelu(x, weight).tobytes()))
    finally:
        jit.set_num_threads(threads)
    assert len(results) == 4
