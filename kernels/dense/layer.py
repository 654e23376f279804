"""The forward pass of a dense layer and its gradients: matrix products, whose sizes choose the algorithm."""

from functools import lru_cache

import numpy as np

from ..engine.jit import get_num_threads
from ..memory.buffers import empty, plain, streams
from ..reduce import column_sums
from . import table
from .plan import Plan

_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}
"""What a kernel gets where there is no bias: an array without elements."""


@lru_cache(maxsize=4096)
def _plan(along: bool, by_rows: bool, m: int, n: int, k: int, dtype: np.dtype, threads: int) -> Plan:
    """The plan of a product, see `Product`. `threads` changes the cut into jobs, never the algorithm."""
    p = table.problem(along, by_rows, m, n, k, dtype)
    plan: Plan = table.choose(p).plans[table.PRODUCT](p, threads)
    return plan


def product(a, b, bias, along, by_rows, m, n, k):
    """c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j], of C-contiguous arrays; bias (n,) or None.

    a is given as (m, k) if `by_rows`, else transposed as (k, m); b as (n, k) if `along`, else as (k, n).
    """
    dtype = a.dtype
    c = empty((m, n), dtype)
    if m:
        run, g, jobs, work = _plan(along, by_rows, m, n, k, dtype, get_num_threads())
        run(jobs, work, g, a, b, _NO_BIAS[dtype] if bias is None else plain(bias), c, streams(c, n))
    return c


def _matrix(array):
    """The array in C order with all axes but the last merged into one."""
    return plain(array if array.ndim == 2 else array.reshape(-1, array.shape[-1]))


def linear(input, weight, bias=None):
    """y[n, o] = bias[o] + sum over i of x[n, i] * w[o, i]; (..., in) to (..., out)."""
    outputs, inputs = weight.shape
    x = _matrix(input)
    y = product(x, plain(weight), bias, True, True, len(x), outputs, inputs)
    return y if input.ndim == 2 else y.reshape(*input.shape[:-1], outputs)


def linear_input(weight, grad_output):
    """dx[n, i] = sum over o of dy[n, o] * w[o, i]; (..., out) to (..., in)."""
    outputs, inputs = weight.shape
    dy = _matrix(grad_output)
    dx = product(dy, plain(weight), None, False, True, len(dy), inputs, outputs)
    return dx if grad_output.ndim == 2 else dx.reshape(*grad_output.shape[:-1], inputs)


def linear_weight(input, grad_output):
    """dw[o, i] = sum over n of dy[n, o] * x[n, i]; (..., in) and (..., out) to (out, in)."""
    dy, x = _matrix(grad_output), _matrix(input)
    return product(dy, x, None, False, False, dy.shape[1], x.shape[1], len(x))


def linear_bias(grad_output):
    """db[o] = sum over n of dy[n, o]; (..., out) to (out,)."""
    return column_sums(grad_output.ravel(), grad_output.shape[-1])
