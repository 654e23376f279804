"""Each activation as a formula of one vector, and its gradient; a geometry's literal `formula` names one.

All are stable for any magnitude, NaN stays NaN, and infinities give the limits. An accuracy that is stated
holds for float32 and for float64.
"""

from enum import IntEnum

from ..engine.jit import inline
from ..simd import bell, exp, expm1, log1p, magnitude, select, tail


class Formula(IntEnum):
    """What a kernel computes; a and b are its parameters."""

    RELU = 0
    LEAKY_RELU = 1
    ELU = 2
    GELU = 3
    GELU_TANH = 4
    SILU = 5
    SIGMOID = 6
    TANH = 7
    SOFTPLUS = 8
    HARDSWISH = 9
    HARDSIGMOID = 10
    HARDTANH = 11


RELU, LEAKY_RELU, ELU, GELU, GELU_TANH, SILU, SIGMOID, TANH, SOFTPLUS, HARDSWISH, HARDSIGMOID, HARDTANH = map(
    int, Formula
)
FAR = 1e4
"""Beyond it an exponential is 0 and a logistic function 0 or 1: what multiplies it need not be infinite."""
FAR_NORMAL = 50.0
"""The same of the normal distribution."""
DENSITY = 0.3989422804014327
"""1 / sqrt(2 pi)"""
SIXTH = 1 / 6
"""A product takes a tenth of the time of a quotient; 6 of them are 1."""
SLOPE, CUBE = 1.5957691216057308, 0.044715
"""2 sqrt(2 / pi), and a coefficient: the logistic function of SLOPE (x + CUBE x^3) is nearly Phi(x)."""


@inline
def logistic(v):
    """1 / (1 + exp(-v)), by exp(-|v|), which cannot overflow"""
    e = exp(0 - magnitude(v))
    return select(v < 0, e, 1) / (e + 1)


@inline
def logistic_slope(v):
    """logistic(v) (1 - logistic(v)), without cancellation"""
    e = exp(0 - magnitude(v))
    return e / ((e + 1) * (e + 1))


@inline
def clamp(v, low, high):
    """v from `low` to `high`; NaN stays NaN"""
    return select(v < low, low, select(v > high, high, v))


@inline
def normal(v):
    """Phi(v), the probability of at most v, for v that is not infinite"""
    upper = tail(magnitude(v)) * bell(v)
    return select(v < 0, upper, 1 - upper)


@inline
def value(g, v, a, b):
    """y = f(v), f the formula of the geometry."""
    if g.formula == RELU:
        return select(v <= 0, 0, v)
    if g.formula == LEAKY_RELU:  # a: the slope below 0
        return select(v > 0, v, v * a)
    if g.formula == ELU:  # a: minus the limit
        return select(v > 0, v, expm1(v) * a)
    if g.formula == GELU:  # within 10 units of the last place, for v < 0 too
        return select(v < -FAR_NORMAL, -FAR_NORMAL, v) * normal(clamp(v, -FAR_NORMAL, FAR_NORMAL))
    if g.formula == GELU_TANH:  # within 4 eps |v|
        near = clamp(v, -FAR_NORMAL, FAR_NORMAL)
        share = logistic((near + near * near * near * CUBE) * SLOPE)
        return select(v < -FAR_NORMAL, -FAR_NORMAL, v) * share
    if g.formula == SILU:  # within 5 units of the last place
        near = select(v < -FAR, -FAR, v)
        return near * logistic(near)
    if g.formula == SIGMOID:  # within 4 units of the last place
        return logistic(v)
    if g.formula == TANH:  # within 4 units of the last place
        e = expm1(magnitude(v) * -2)
        y = e / (e + 2)
        return select(v > 0, 0 - y, y)
    if g.formula == SOFTPLUS:  # a: beta, b: the threshold; within 6 + |beta v| units of the last place
        u = v * a
        soft = (select(u > 0, u, 0) + log1p(exp(0 - magnitude(u)))) / a
        return select(u > b, v, soft)
    if g.formula == HARDSWISH:
        return select(v < -3, -3, v) * (clamp(v + 3, 0, 6) * SIXTH)
    if g.formula == HARDSIGMOID:
        return clamp(v + 3, 0, 6) * SIXTH
    return clamp(v, a, b)  # HARDTANH; a, b: the ends


@inline
def gradient(g, v, dy, a, b):
    """dx = dy f'(x), f the formula of the geometry; v is x, of RELU, SIGMOID and TANH it is y."""
    if g.formula == RELU:
        return select(v <= 0, 0, dy)
    if g.formula == LEAKY_RELU:
        return select(v > 0, dy, dy * a)
    if g.formula == ELU:
        return select(v > 0, dy, dy * (exp(v) * a))
    if g.formula == GELU:
        near = clamp(v, -FAR_NORMAL, FAR_NORMAL)
        return dy * (normal(near) + near * bell(near) * DENSITY)
    if g.formula == GELU_TANH:
        near = clamp(v, -FAR_NORMAL, FAR_NORMAL)
        square = near * near
        u = (near + near * square * CUBE) * SLOPE
        return dy * (logistic(u) + near * logistic_slope(u) * (square * (3 * CUBE) + 1) * SLOPE)
    if g.formula == SILU:
        near = clamp(v, -FAR, FAR)
        return dy * (logistic(near) + near * logistic_slope(near))
    if g.formula == SIGMOID:
        return dy * v * (1 - v)
    if g.formula == TANH:
        return dy * (1 - v * v)
    if g.formula == SOFTPLUS:
        u = v * a
        return select(u > b, dy, dy * logistic(u))
    if g.formula == HARDSWISH:
        return select(v <= -3, 0, select(v >= 3, dy, dy * (v / 3 + 0.5)))
    if g.formula == HARDSIGMOID:
        return select((v > -3) & (v < 3), dy * SIXTH, 0)
    return select((v <= a) | (v >= b), 0, dy)
