"""Activations element by element, in the order of memory: one loop for all, and one for the gradients."""

from functools import lru_cache

from ..engine.geometry import Geometry
from ..engine.jit import kernel
from ..engine.machine import lanes
from ..memory.buffers import CHUNK, in_one_order, streams
from ..simd import pour, read
from .formulas import Formula, gradient, value

CHEAP, EXPONENTIAL, NORMAL = 16.0, 32.0, 64.0
"""Work of an element that is read and written, of one with an exponential on the way, and with the normal
distribution."""
_WORK = {Formula.GELU: NORMAL} | dict.fromkeys(
    (Formula.ELU, Formula.GELU_TANH, Formula.SILU, Formula.SIGMOID, Formula.TANH, Formula.SOFTPLUS),
    EXPONENTIAL,
)


def relu(input):
    """y = max(x, 0); NaN stays NaN. Any shape."""
    return _apply(_values, Formula.RELU, 0.0, 0.0, input)


def relu_input(output, grad_output):
    """dx = dy where y > 0 (or NaN), else 0."""
    return _apply(_gradients, Formula.RELU, 0.0, 0.0, output, grad_output)


def leaky_relu(input, negative_slope=0.01):
    """y = x where x > 0, else negative_slope x."""
    return _apply(_values, Formula.LEAKY_RELU, negative_slope, 0.0, input)


def leaky_relu_input(input, grad_output, negative_slope=0.01):
    """dx = dy where x > 0, else negative_slope dy."""
    return _apply(_gradients, Formula.LEAKY_RELU, negative_slope, 0.0, input, grad_output)


def elu(input, alpha=1.0):
    """y = x where x > 0, else alpha (exp(x) - 1)."""
    return _apply(_values, Formula.ELU, alpha, 0.0, input)


def elu_input(input, grad_output, alpha=1.0):
    """dx = dy where x > 0, else dy alpha exp(x)."""
    return _apply(_gradients, Formula.ELU, alpha, 0.0, input, grad_output)


def gelu(input, approximate="none"):
    """y = x Phi(x), Phi the normal distribution; "tanh": its approximation by a logistic function."""
    return _apply(_values, _gelu(approximate), 0.0, 0.0, input)


def gelu_input(input, grad_output, approximate="none"):
    """dx = dy (Phi(x) + x Phi'(x))"""
    return _apply(_gradients, _gelu(approximate), 0.0, 0.0, input, grad_output)


def silu(input):
    """y = x / (1 + exp(-x))"""
    return _apply(_values, Formula.SILU, 0.0, 0.0, input)


def silu_input(input, grad_output):
    """dx = dy s (1 + x (1 - s)), s = 1 / (1 + exp(-x))"""
    return _apply(_gradients, Formula.SILU, 0.0, 0.0, input, grad_output)


def sigmoid(input):
    """y = 1 / (1 + exp(-x)), from exp(-|x|), which cannot overflow."""
    return _apply(_values, Formula.SIGMOID, 0.0, 0.0, input)


def sigmoid_input(output, grad_output):
    """dx = dy * y * (1 - y)"""
    return _apply(_gradients, Formula.SIGMOID, 0.0, 0.0, output, grad_output)


def tanh(input):
    """y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), from exp(-2 |x|) - 1, which is exact near 0."""
    return _apply(_values, Formula.TANH, 0.0, 0.0, input)


def tanh_input(output, grad_output):
    """dx = dy (1 - y^2)"""
    return _apply(_gradients, Formula.TANH, 0.0, 0.0, output, grad_output)


def softplus(input, beta=1.0, threshold=20.0):
    """y = log(1 + exp(beta x)) / beta, x where beta x > threshold."""
    return _apply(_values, Formula.SOFTPLUS, beta, threshold, input)


def softplus_input(input, grad_output, beta=1.0, threshold=20.0):
    """dx = dy / (1 + exp(-beta x)), dy where beta x > threshold."""
    return _apply(_gradients, Formula.SOFTPLUS, beta, threshold, input, grad_output)


def hardswish(input):
    """y = x min(max(x + 3, 0), 6) / 6"""
    return _apply(_values, Formula.HARDSWISH, 0.0, 0.0, input)


def hardswish_input(input, grad_output):
    """dx = dy (x / 3 + 1 / 2) between -3 and 3, 0 below, dy above."""
    return _apply(_gradients, Formula.HARDSWISH, 0.0, 0.0, input, grad_output)


def hardsigmoid(input):
    """y = min(max(x + 3, 0), 6) / 6"""
    return _apply(_values, Formula.HARDSIGMOID, 0.0, 0.0, input)


def hardsigmoid_input(input, grad_output):
    """dx = dy / 6 between -3 and 3, else 0."""
    return _apply(_gradients, Formula.HARDSIGMOID, 0.0, 0.0, input, grad_output)


def hardtanh(input, min_val=-1.0, max_val=1.0):
    """y = min(max(x, min_val), max_val)"""
    return _apply(_values, Formula.HARDTANH, min_val, max_val, input)


def hardtanh_input(input, grad_output, min_val=-1.0, max_val=1.0):
    """dx = dy where min_val < x < max_val, else 0."""
    return _apply(_gradients, Formula.HARDTANH, min_val, max_val, input, grad_output)


def relu6(input):
    """y = min(max(x, 0), 6)"""
    return hardtanh(input, 0.0, 6.0)


def relu6_input(input, grad_output):
    """dx = dy where 0 < x < 6, else 0."""
    return hardtanh_input(input, grad_output, 0.0, 6.0)


def work_of(formula):
    """Work of an element."""
    return _WORK.get(formula, CHEAP)


def _gelu(approximate):
    return Formula.GELU_TANH if approximate == "tanh" else Formula.GELU


@lru_cache(maxsize=64)
def _geometry(formula, dtype):
    """The geometry of a loop over single vectors, with the formula that it computes."""
    return Geometry(lanes=lanes(dtype), formula=int(formula))


def _apply(run, formula, a, b, *arrays):
    """Run an elementwise kernel with its parameters."""
    result, line, sources = in_one_order(*arrays)
    size, g = line.size, _geometry(formula, line.dtype)
    run(
        -(-size // CHUNK),
        work_of(formula) * size,
        g,
        *sources,
        line,
        float(a),
        float(b),
        streams(line, CHUNK),
    )
    return result


@kernel
def _values(g, x, y, a, b, bypass, first, last):
    """y[i] = f(x[i]), f the formula of the geometry with its parameters a, b; overwrites y

    Past the caches if `bypass`. A job is CHUNK elements of flat, dense arrays, all in one order; `_apply`
    cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        pour(value(g, read(x, i, g.lanes, count), a, b), y, i, count, bypass)


@kernel
def _gradients(g, x, dy, dx, a, b, bypass, first, last):
    """dx[i] = dy[i] f'(x[i]), f the formula of the geometry with its parameters a, b; overwrites dx

    x holds the inputs of f or its outputs, see `formulas.gradient`. Past the caches if `bypass`. A job is
    CHUNK elements of flat, dense arrays, all in one order; `_apply` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v, slope = read(x, i, g.lanes, count), read(dy, i, g.lanes, count)
        pour(gradient(g, v, slope, a, b), dx, i, count, bypass)
