"""A vector as a Numba value: `lanes` elements of one type, with the operators of a number.

    v = read(x, at, lanes, count)         v[j] = x[at + j] for j < count, else 0
    write(2 * v + 1, y, at, count)        y[at + j] = ... for j < count, in the type of y

Arithmetic and comparisons act lane by lane; a plain number serves every lane; a comparison gives a mask for
`select`. Memory is flat as for a tile (`tile.py`): `at` counts elements, nothing is checked. Where LLVM can
see that `count` is `lanes`, the mask folds away.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from .access import element

_INT32 = ir.IntType(32)
_CONTRACT = ("contract",)


class VectorType(types.Type):
    """The type of a vector; a mask is a vector of booleans."""

    def __init__(self, dtype: types.Type, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype} x {lanes})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, vector: VectorType) -> None:
        boolean = vector.dtype == types.boolean
        element = ir.IntType(1) if boolean else dmm.lookup(vector.dtype).get_value_type()
        super().__init__(dmm, vector, ir.VectorType(element, vector.lanes))


def _splat(builder: Any, scalar: Any, lanes: int) -> Any:
    undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(_INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INT32, lanes), [0] * lanes))


def _mask(builder: Any, count: Any, lanes: int) -> Any:
    limit = _splat(builder, builder.trunc(count, _INT32), lanes)
    return builder.icmp_signed("<", ir.Constant(limit.type, list(range(lanes))), limit)


def _spread(context: Any, builder: Any, value: Any, typ: Any, vector: VectorType) -> Any:
    """A vector as it is, a number in every lane."""
    if isinstance(typ, VectorType):
        return value
    return _splat(builder, context.cast(builder, value, typ, vector.dtype), vector.lanes)


def _convert(context: Any, builder: Any, value: Any, source: VectorType, dtype: types.Type) -> Any:
    """The lanes of `value` in another type, as Numba would convert one number."""
    element = context.get_value_type(dtype)
    target = ir.VectorType(element, source.lanes)
    if isinstance(dtype, types.Float) and isinstance(source.dtype, types.Float):
        wider, same = dtype.bitwidth > source.dtype.bitwidth, dtype == source.dtype
        return value if same else (builder.fpext if wider else builder.fptrunc)(value, target)
    if isinstance(dtype, types.Integer) and isinstance(source.dtype, types.Integer):
        wider, same = dtype.bitwidth > source.dtype.bitwidth, dtype == source.dtype
        return value if same else (builder.sext if wider else builder.trunc)(value, target)
    raise TypeError(f"no conversion from {source.dtype} to {dtype}")


_ARITHMETIC: dict[Any, Any] = {
    operator.add: ("fadd", "add"),
    operator.sub: ("fsub", "sub"),
    operator.mul: ("fmul", "mul"),
    operator.truediv: ("fdiv", None),
}
_COMPARISONS = {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
}
_LOGIC = {operator.and_: "and_", operator.or_: "or_", operator.xor: "xor"}


class _Binary(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        vectors = [a for a in args if isinstance(a, VectorType)]
        numbers = [a for a in args if isinstance(a, types.Number)]
        if len(args) != 2 or not vectors or len(vectors) + len(numbers) != 2 or vectors[0] != vectors[-1]:
            return None
        vector = vectors[0]
        result = VectorType(types.boolean, vector.lanes) if self.key in _COMPARISONS else vector
        return signature(result, *args)


def _lower(key: Any) -> Callable[..., Any]:
    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = sig.args[0] if isinstance(sig.args[0], VectorType) else sig.args[1]
        a, b = (
            _spread(context, builder, v, t, vector) for v, t in zip(args, sig.args, strict=True)
        )  # fmt: skip
        floating = isinstance(vector.dtype, types.Float)
        if key in _COMPARISONS:
            if not floating:
                return builder.icmp_signed(_COMPARISONS[key], a, b)
            compare = builder.fcmp_unordered if key is operator.ne else builder.fcmp_ordered
            return compare(_COMPARISONS[key], a, b)
        if key in _LOGIC:
            return getattr(builder, _LOGIC[key])(a, b)
        name = _ARITHMETIC[key][0 if floating else 1]
        return getattr(builder, name)(a, b, flags=_CONTRACT) if floating else getattr(builder, name)(a, b)

    return code


for _key in (*_ARITHMETIC, *_COMPARISONS, *_LOGIC):
    infer_global(_key)(type("_Binary", (_Binary,), {"key": _key}))
    for _pair in ((VectorType, VectorType), (VectorType, types.Number), (types.Number, VectorType)):
        lower_builtin(_key, *_pair)(_lower(_key))


def _call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    function = ir.FunctionType(result, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), arguments)


def _suffix(vector: ir.VectorType) -> str:
    element = vector.element
    kind = {ir.FloatType: "f32", ir.DoubleType: "f64"}.get(type(element)) or f"i{element.width}"
    return f"v{vector.count}{kind}"


def _write(builder: Any, vector: Any, pointer: Any, count: Any, size: int) -> None:
    """Write the first `count` elements, of `size` bytes each, to memory."""
    address = builder.bitcast(pointer, vector.type.as_pointer())
    arguments = [vector, address, ir.Constant(_INT32, size), _mask(builder, count, vector.type.count)]
    _call(builder, f"llvm.masked.store.{_suffix(vector.type)}.p0", ir.VoidType(), arguments)


def _read(context: Any, builder: Any, typ: VectorType, array_type: Any, args: Any) -> Any:
    """Read the first args[3] elements of a vector from args[0], an array, at args[1]."""
    vector = context.get_value_type(typ)
    address = builder.bitcast(element(context, builder, array_type, args[0], args[1]), vector.as_pointer())
    align = ir.Constant(_INT32, typ.dtype.bitwidth // 8)
    arguments = [address, align, _mask(builder, args[3], typ.lanes), ir.Constant(vector, None)]
    return _call(builder, f"llvm.masked.load.{_suffix(vector)}.p0", vector, arguments)


@intrinsic(prefer_literal=True)
def read(typingctx: Any, x: Any, at: Any, lanes: Any, count: Any) -> tuple[Any, Callable[..., Any]]:
    """v[j] = x[at + j] for j < count, else 0"""
    typ = VectorType(x.dtype, lanes.literal_value)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _read(context, builder, typ, signature.args[0], args)

    return typ(x, at, lanes, count), codegen


@intrinsic(prefer_literal=True)
def held(typingctx: Any, x: Any, at: Any, lanes: Any, count: Any) -> tuple[Any, Callable[..., Any]]:
    """v[j] = x[at + j] for j < count, else 0, of memory that nobody writes to while the kernel runs"""
    typ = VectorType(x.dtype, lanes.literal_value)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        loaded = _read(context, builder, typ, signature.args[0], args)
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    return typ(x, at, lanes, count), codegen


@intrinsic(prefer_literal=True)
def write(typingctx: Any, v: Any, y: Any, at: Any, count: Any) -> tuple[Any, Callable[..., Any]]:
    """y[at + j] = v[j] for j < count, in the type of y"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = _convert(context, builder, args[0], v, y.dtype)
        pointer = element(context, builder, signature.args[1], args[1], args[2])
        _write(builder, value, pointer, args[3], y.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(v, y, at, count), codegen


@intrinsic(prefer_literal=True)
def full(typingctx: Any, value: Any, lanes: Any) -> tuple[Any, Callable[..., Any]]:
    """v[j] = value"""
    typ = VectorType(types.unliteral(value), lanes.literal_value)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(context, builder, args[0], signature.args[0], typ)

    return typ(value, lanes), codegen


@intrinsic
def cast(typingctx: Any, v: Any, dtype: Any) -> tuple[Any, Callable[..., Any]]:
    """v[j] in another type"""
    typ = VectorType(dtype.dtype, v.lanes)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _convert(context, builder, args[0], v, typ.dtype)

    return typ(v, dtype), codegen


@intrinsic(prefer_literal=True)
def rotated(typingctx: Any, v: Any, bits: Any) -> tuple[Any, Callable[..., Any]]:
    """The bits of each integer moved up by so many places, those that leave it at the top come in below"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        by = _splat(builder, ir.Constant(ir.IntType(v.dtype.bitwidth), bits.literal_value), v.lanes)
        return _call(builder, f"llvm.fshl.{_suffix(args[0].type)}", args[0].type, [args[0], args[0], by])

    return v(v, bits), codegen


@intrinsic
def select(typingctx: Any, mask: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    """v[j] = a[j] where mask[j], else b[j]; a or b may be a number"""
    typ = a if isinstance(a, VectorType) else b

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        yes = _spread(context, builder, args[1], signature.args[1], typ)
        no = _spread(context, builder, args[2], signature.args[2], typ)
        return builder.select(args[0], yes, no)

    return typ(mask, a, b), codegen


@intrinsic(prefer_literal=True)
def below(typingctx: Any, count: Any, lanes: Any) -> tuple[Any, Callable[..., Any]]:
    """mask[j] = j < count"""
    typ = VectorType(types.boolean, lanes.literal_value)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _mask(builder, args[0], typ.lanes)

    return typ(count, lanes), codegen


def _fold(builder: Any, value: Any, join: Callable[[Any, Any], Any]) -> Any:
    """One lane of all: the upper half joins the lower half until one is left."""
    lanes = value.type.count
    while lanes > 1:
        lanes //= 2
        indices = ir.VectorType(_INT32, lanes)
        low = builder.shuffle_vector(value, value, ir.Constant(indices, list(range(lanes))))
        high = builder.shuffle_vector(value, value, ir.Constant(indices, list(range(lanes, 2 * lanes))))
        value = join(low, high)
    return builder.extract_element(value, ir.Constant(_INT32, 0))


@intrinsic
def total(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """The sum of the lanes, in an order that depends on their number alone"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _fold(builder, args[0], builder.fadd if isinstance(v.dtype, types.Float) else builder.add)

    return v.dtype(v), codegen


def _larger(builder: Any, a: Any, b: Any) -> Any:
    """b where it is larger or NaN, else a: a NaN stays."""
    wins = builder.fcmp_unordered(">", b, a)
    is_number = builder.fcmp_ordered("ord", a, a)
    return builder.select(builder.and_(wins, is_number), b, a)


@intrinsic
def larger(typingctx: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    """v[j] = max(a[j], b[j]), NaN where one of them is"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _larger(builder, *args)

    return a(a, b), codegen


@intrinsic
def largest(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """The largest lane, NaN where there is one"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _fold(builder, args[0], lambda low, high: _larger(builder, low, high))

    return v.dtype(v), codegen


@intrinsic
def wins(typingctx: Any, value: Any, best: Any) -> tuple[Any, Callable[..., Any]]:
    """mask[j] = value[j] replaces best[j] as the maximum: it is larger, or the first NaN"""
    typ = VectorType(types.boolean, best.lanes)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, b = args
        return builder.and_(builder.fcmp_unordered(">", a, b), builder.fcmp_ordered("ord", b, b))

    return typ(value, best), codegen


@intrinsic
def rounded(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """The same vector, as if it had been written to memory: no later sum takes an earlier product into it"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (value,) = args
        return _call(builder, f"llvm.arithmetic.fence.{_suffix(value.type)}", value.type, [value])

    return v(v), codegen


@intrinsic
def magnitude(typingctx: Any, v: Any) -> tuple[Any, Callable[..., Any]]:
    """|v[j]|"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (value,) = args
        return _call(builder, f"llvm.fabs.{_suffix(value.type)}", value.type, [value])

    return v(v), codegen
