"""Exponentials and logarithms of vectors."""

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from ..engine.machine import vectors
from .vector import _call, _suffix

LN2, LN2_REST = float.fromhex("0x1.62e42fefa39efp-1"), 2.3190468138462996e-17
"""ln 2, and what this lacks of it."""


class _Arithmetic:
    """Emits a polynomial's arithmetic on vectors of one type."""

    def __init__(self, builder: Any, vector: ir.VectorType) -> None:
        self.builder, self.vector = builder, vector

    def constant(self, value: float) -> Any:
        return ir.Constant(self.vector, [value] * self.vector.count)

    def fmuladd(self, a: Any, b: Any, c: Any) -> Any:
        return _call(self.builder, f"llvm.fmuladd.{_suffix(self.vector)}", self.vector, [a, b, c])

    def polynomial(self, x: Any, coefficients: list[float]) -> Any:
        """coefficients[0] + coefficients[1] x + ..., by Horner's rule."""
        value = self.constant(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            value = self.fmuladd(value, x, self.constant(coefficient))
        return value


_EXP = {
    32: (7, 23, 127, 12, -104.0, 89.0),
    64: (13, 52, 1023, 33, -746.0, 710.0),
}
"""For each width: degree, mantissa bits, exponent bias, bits of the first part of ln 2, and the clamp."""


def _scaled(builder: Any, series: Any, n: Any) -> Any:
    """series * 2^n, which AVX-512 does in one instruction where others take nine."""
    vector = series.type
    kind, lanes = {"f32": "ps", "f64": "pd"}[_suffix(vector)[-3:]], vector.count
    everything, nearest = ir.Constant(ir.IntType(lanes), -1), ir.Constant(ir.IntType(32), 4)
    name = f"llvm.x86.avx512.mask.scalef.{kind}.512"
    return _call(builder, name, vector, [series, n, series, everything, nearest])


class _Reduction:
    """x = n ln 2 + r with |r| <= ln 2 / 2, n a whole number; x is clamped to `low` and `high`."""

    def __init__(self, builder: Any, x: Any, low: float, high: float) -> None:
        self.width = {"f32": 32, "f64": 64}[_suffix(x.type)[-3:]]
        _, self.mantissa, self.bias, bits, _, _ = _EXP[self.width]
        self.builder, self.emit = builder, _Arithmetic(builder, x.type)
        self.whole = ir.VectorType(ir.IntType(self.width), x.type.count)
        emit, magic = self.emit, 1.5 * 2.0**self.mantissa
        step = 2.0**bits
        ln2_high = math.floor(math.log(2) * step) / step
        ln2_low = LN2 - ln2_high + LN2_REST
        for limit, sign in ((low, "<"), (high, ">")):
            x = builder.select(builder.fcmp_ordered(sign, x, emit.constant(limit)), emit.constant(limit), x)
        shifted = emit.fmuladd(x, emit.constant(1 / math.log(2)), emit.constant(magic))
        self.n = builder.fsub(shifted, emit.constant(magic))
        r = emit.fmuladd(self.n, emit.constant(-ln2_high), x)
        self.r = emit.fmuladd(self.n, emit.constant(-ln2_low), r)
        origin = builder.bitcast(emit.constant(magic), self.whole)
        self.number = builder.sub(builder.bitcast(shifted, self.whole), origin)

    def integer(self, value: int) -> Any:
        return ir.Constant(self.whole, [value] * self.whole.count)

    def power(self, exponent: Any) -> Any:
        """2^exponent of a vector of integers, where that is a normal number."""
        bits = self.builder.add(exponent, self.integer(self.bias))
        return self.builder.bitcast(self.builder.shl(bits, self.integer(self.mantissa)), self.emit.vector)


def emit_exp(builder: Any, x: Any) -> Any:
    """The code of `exp`."""
    width = {"f32": 32, "f64": 64}[_suffix(x.type)[-3:]]
    degree, *_, low, high = _EXP[width]
    reduced = _Reduction(builder, x, low, high)
    series = reduced.emit.polynomial(reduced.r, [1 / math.factorial(k) for k in range(degree + 1)])
    if vectors().name == "AVX-512" and width * x.type.count == 8 * vectors().bytes:
        return _scaled(builder, series, reduced.n)
    half = builder.ashr(reduced.number, reduced.integer(1))
    for exponent in (half, builder.sub(reduced.number, half)):
        series = builder.fmul(series, reduced.power(exponent))
    return series


@intrinsic
def exp(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """e^v[j] within 2 units of the last place, subnormal results within one of theirs

    x = n ln 2 + r with |r| <= ln 2 / 2; exp x = 2^n sum over k of r^k / k!, whose remainder is below a tenth
    of a rounding. 2^n is two factors, so that neither leaves the type, or one instruction. NaN stays NaN.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return emit_exp(builder, args[0])

    return v(v), codegen


@intrinsic
def expm1(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """e^v[j] - 1 for v[j] <= 0, within 3 units of the last place also near 0; NaN stays NaN

    With n and r as in `exp`: 2^n (e^r - 1) + (2^n - 1), where e^r - 1 = r + r^2 sum over k of r^k / (k + 2)!.
    Below the clamp the result is -1.
    """
    terms, low = {32: (6, -20.0), 64: (12, -40.0)}[v.dtype.bitwidth]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        reduced = _Reduction(builder, args[0], low, 0.0)
        emit, r = reduced.emit, reduced.r
        rest = emit.polynomial(r, [1 / math.factorial(k + 2) for k in range(terms)])
        small = emit.fmuladd(builder.fmul(r, r), rest, r)
        power = reduced.power(reduced.number)
        return emit.fmuladd(power, small, builder.fsub(power, emit.constant(1.0)))

    return v(v), codegen


def _artanh(emit: _Arithmetic, s: Any, terms: int) -> Any:
    """2 artanh s = 2 s sum over k of s^(2 k) / (2 k + 1), less its first term 2 s."""
    square = emit.builder.fmul(s, s)
    series = emit.polynomial(square, [2 / (2 * k + 1) for k in range(1, terms)])
    return emit.builder.fmul(emit.builder.fmul(s, square), series)


@intrinsic
def log1p(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """The logarithm of 1 + v[j] for v[j] from 0 to 1, within 4 units of the last place; NaN stays NaN

    log(1 + x) = 2 artanh s = 2 s sum over k of s^(2 k) / (2 k + 1), s = x / (2 + x) <= 1/3.
    """
    terms = {32: 8, 64: 17}[v.dtype.bitwidth]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = _Arithmetic(builder, context.get_value_type(v))
        s = builder.fdiv(args[0], builder.fadd(args[0], emit.constant(2.0)))
        square = builder.fmul(s, s)
        return builder.fmul(s, emit.polynomial(square, [2 / (2 * k + 1) for k in range(terms)]))

    return v(v), codegen


@intrinsic
def log(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """The logarithm of v[j] >= 0, not infinite, within 4 units of the last place; NaN stays NaN

    x = 2^n m with m from sqrt(1/2) to sqrt(2): log x = n ln 2 + 2 artanh((m - 1) / (m + 1)). -inf where x is
    0 or subnormal.
    """
    width = v.dtype.bitwidth
    _, mantissa, _, bits, _, _ = _EXP[width]
    terms, tiny = {32: (6, 2.0**-126), 64: (11, 2.0**-1022)}[width]
    step = 2.0**bits
    ln2_high = math.floor(math.log(2) * step) / step

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (x,) = args
        emit = _Arithmetic(builder, x.type)
        whole = ir.VectorType(ir.IntType(width), x.type.count)

        def integer(value: int) -> Any:
            return ir.Constant(whole, [value] * whole.count)

        # Counted from the bits of sqrt(1/2), the exponent of all that have one m is the same.
        origin = builder.bitcast(emit.constant(math.sqrt(0.5)), whole)
        offset = builder.sub(builder.bitcast(x, whole), origin)
        number = builder.ashr(offset, integer(mantissa))
        power = builder.shl(number, integer(mantissa))
        m = builder.bitcast(builder.sub(builder.bitcast(x, whole), power), x.type)
        n = builder.sitofp(number, x.type)
        f = builder.fsub(m, emit.constant(1.0))
        s = builder.fdiv(f, builder.fadd(m, emit.constant(1.0)))
        # 2 s = f - f s: f is exact, and so is n times the first part of ln 2.
        rest = builder.fsub(_artanh(emit, s, terms), builder.fmul(f, s))
        rest = emit.fmuladd(n, emit.constant(LN2 - ln2_high + LN2_REST), rest)
        result = emit.fmuladd(n, emit.constant(ln2_high), builder.fadd(f, rest))
        result = builder.select(
            builder.fcmp_ordered("<", x, emit.constant(tiny)), emit.constant(-math.inf), result
        )
        return builder.select(builder.fcmp_ordered("ord", x, x), result, x)

    return v(v), codegen
