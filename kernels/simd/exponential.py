"""Exponential and logarithm of vectors."""

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from ..engine.machine import vectors
from .vector import _call, _suffix


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


@intrinsic
def exp(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """e^v[j] within 2 units of the last place, subnormal results within one of theirs

    x = n ln 2 + r with |r| <= ln 2 / 2; exp x = 2^n sum over k of r^k / k!, whose remainder is below a tenth
    of a rounding. 2^n is two factors, so that neither leaves the type, or one instruction. NaN stays NaN.
    """
    width = v.dtype.bitwidth
    degree, mantissa, bias, high_bits, low, high = _EXP[width]
    step = 2.0**high_bits
    ln2_high = math.floor(math.log(2) * step) / step
    ln2_low = float.fromhex("0x1.62e42fefa39efp-1") - ln2_high + 2.3190468138462996e-17
    magic = 1.5 * 2.0**mantissa

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = context.get_value_type(v)
        whole = ir.VectorType(ir.IntType(width), v.lanes)
        emit = _Arithmetic(builder, vector)
        x = args[0]
        for limit, sign in ((low, "<"), (high, ">")):
            x = builder.select(builder.fcmp_ordered(sign, x, emit.constant(limit)), emit.constant(limit), x)
        shifted = emit.fmuladd(x, emit.constant(1 / math.log(2)), emit.constant(magic))
        n = builder.fsub(shifted, emit.constant(magic))
        r = emit.fmuladd(n, emit.constant(-ln2_high), x)
        r = emit.fmuladd(n, emit.constant(-ln2_low), r)
        series = emit.polynomial(r, [1 / math.factorial(k) for k in range(degree + 1)])
        if vectors().name == "AVX-512" and width * v.lanes == 8 * vectors().bytes:
            return _scaled(builder, series, n)
        origin = builder.bitcast(emit.constant(magic), whole)
        number = builder.sub(builder.bitcast(shifted, whole), origin)
        half = builder.ashr(number, ir.Constant(whole, [1] * v.lanes))
        for exponent in (half, builder.sub(number, half)):
            bits = builder.add(exponent, ir.Constant(whole, [bias] * v.lanes))
            power = builder.bitcast(builder.shl(bits, ir.Constant(whole, [mantissa] * v.lanes)), vector)
            series = builder.fmul(series, power)
        return series

    return v(v), codegen


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
