"""The normal distribution of vectors: its density, and its upper tail, of which the error function is a part.

Q(x) = erfc(x / sqrt(2)) / 2 is the probability of more than x. For x >= 0 it is `bell` times `tail`, so that
it keeps its relative accuracy as far as the type reaches; erf(x) = 1 - 2 Q(x sqrt(2)).
"""

from collections.abc import Callable
from typing import Any

from numba.extending import intrinsic
from numpy.polynomial.chebyshev import cheb2poly

from .exponential import _Arithmetic, emit_exp

CENTRE = 5.0
"""The x at which t is 0."""
SERIES = [
    *(0.7681926193803801, 0.08965860286732752, -0.09716796458748396, 0.05286673510283755),
    *(-0.020644868408320347, 0.00618617186370881, -0.0014177562191435087, 0.00023214934246683033),
    *(-2.0421856389885825e-05, -1.3227167712039977e-06, 6.83530392723164e-07, -5.877541016894433e-08),
    *(-1.155388670769958e-08, 2.81043182735621e-09, 1.1456473507904821e-10, -9.628683998568975e-11),
    *(1.4612590097237543e-12, 3.2407908943954395e-12, -1.4807141411029586e-13, -1.168690684173421e-13),
    *(6.543133814810702e-15, 4.615225242833406e-15, -2.0914359662913348e-16, -1.9676170123032256e-16),
]
"""Chebyshev's coefficients of h(t) = (1 + 2 x) exp(x^2 / 2) Q(x), t = (x - 5) / (x + 5), by interpolation in
60 digits. The first twelve give float32, the last one left out is below 3e-18. Such a map and factor after
Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", 1981."""


@intrinsic
def bell(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """exp(-v[j]^2 / 2) within 3 units of the last place, subnormal results within 2 of theirs; NaN stays NaN

    What v^2 loses in its rounding is a factor of its own: exp(-(s + e) / 2) = exp(-s / 2) (1 - e / 2).
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (x,) = args
        emit = _Arithmetic(builder, x.type)
        limit = emit.constant({32: 15.0, 64: 40.0}[v.dtype.bitwidth])  # beyond, the result is 0
        for sign, edge in ((">", limit), ("<", builder.fneg(limit))):
            x = builder.select(builder.fcmp_ordered(sign, x, edge), edge, x)
        square = builder.fmul(x, x)
        lost = emit.fmuladd(x, x, builder.fneg(square))
        power = emit_exp(builder, builder.fmul(square, emit.constant(-0.5)))
        return emit.fmuladd(builder.fmul(lost, emit.constant(-0.5)), power, power)

    return v(v), codegen


@intrinsic
def tail(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """exp(v[j]^2 / 2) Q(v[j]) for v[j] >= 0, not infinite, within 8 units of the last place; NaN stays."""
    terms = {32: 12, 64: len(SERIES)}[v.dtype.bitwidth]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (x,) = args
        emit = _Arithmetic(builder, x.type)
        centre = emit.constant(CENTRE)
        t = builder.fdiv(builder.fsub(x, centre), builder.fadd(x, centre))
        series = emit.polynomial(t, [float(c) for c in cheb2poly(SERIES[:terms])])
        return builder.fdiv(series, emit.fmuladd(x, emit.constant(2.0), emit.constant(1.0)))

    return v(v), codegen
