"""Losses of a distance and their gradients against the reference: see `conftest.agree`."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import jit

CASES = [
    *(
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.7}),
        ("smooth_l1_loss", {"beta": 0.0}),
    ),
    ("huber_loss", {"delta": 1.3}),
]
each_loss = pytest.mark.parametrize(("name", "options"), CASES)
EACH = [(suffix, reduction) for suffix in ("", "_input") for reduction in ("mean", "sum", "none")]
each_result = pytest.mark.parametrize(("suffix", "reduction"), EACH)


@each_loss
@each_result
def test_every_reduction(agree, dtype, suffix, reduction, name, options):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 3, 4, 5)).astype(dtype)
    options = {"reduction": reduction, **options}
    agree(name + suffix, dtype, x, y, **options)
    agree(name + suffix, dtype, x.transpose(2, 0, 1), y.transpose(2, 0, 1), **options)
    agree(name + suffix, dtype, x.transpose(2, 0, 1), y.reshape(5, 3, 4), **options)
    agree(name + suffix, dtype, x[:, ::2], y[:, ::2], **options)
    agree(name + suffix, dtype, x[:0], y[:0], **options)


@each_loss
def test_special_values(name, options):
    x = np.array([np.inf, -np.inf, np.nan, 0, 1e30], np.float32)
    y = np.zeros(5, np.float32)
    with np.errstate(over="ignore"):
        for function in (name, f"{name}_input"):
            fast, exact = (getattr(b, function)(x, y, "none", **options) for b in (kernels, reference))
            np.testing.assert_array_equal(fast, exact)


def test_small_integers_are_exact_in_any_number_of_threads():
    x, y = np.random.default_rng(0).integers(-9, 10, (2, 300_001)).astype(np.float32)
    threads = jit.get_num_threads()
    try:
        for number in {1, threads}:
            jit.set_num_threads(number)
            for name in ("mse_loss", "l1_loss"):
                for reduction in ("sum", "none"):
                    fast, exact = (getattr(b, name)(x, y, reduction) for b in (kernels, reference))
                    np.testing.assert_array_equal(fast, exact)
                    fast, exact = (getattr(b, f"{name}_input")(x, y, reduction) for b in (kernels, reference))
                    np.testing.assert_array_equal(fast, exact)
    finally:
        jit.set_num_threads(threads)
