"""A register tile as one Numba value: `rows` x `vectors` SIMD vectors of `lanes` elements.

Its LLVM form is an array of vectors that never has an address, so it lives in registers. A verb sees an array
as flat memory: `at` is an index from its first element, whatever its shape, and steps count elements. Nothing
is checked: the caller has made sure that every element exists. Vector accesses state the alignment of one
element.

`columns` is how many of a tile's vectors * lanes columns exist in memory: lanes beyond it are read as zero
and not written. Where LLVM can see that all exist, the mask folds away.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from .access import element

_INT32 = ir.IntType(32)


class TileType(types.Type):
    """The type of a tile; equal dtype and shape, equal type."""

    def __init__(self, dtype: types.Type, rows: int, vectors: int, lanes: int) -> None:
        self.dtype, self.rows, self.vectors, self.lanes = dtype, rows, vectors, lanes
        super().__init__(name=f"Tile({dtype}, {rows}x{vectors}x{lanes})")


@register_model(TileType)
class _TileModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, tile: TileType) -> None:
        vector = ir.VectorType(dmm.lookup(tile.dtype).get_value_type(), tile.lanes)
        super().__init__(dmm, tile, ir.ArrayType(vector, tile.rows * tile.vectors))


class _Emitter:
    """Emits the loads, stores and arithmetic of one tile verb."""

    def __init__(self, context: Any, builder: Any, tile: TileType) -> None:
        self.context, self.builder, self.tile = context, builder, tile
        self.scalar = context.get_value_type(tile.dtype)
        self.vector = ir.VectorType(self.scalar, tile.lanes)
        self.align = tile.dtype.bitwidth // 8

    def element(self, array_type: Any, array: Any, index: Any) -> Any:
        return element(self.context, self.builder, array_type, array, index)

    def splat(self, scalar: Any) -> Any:
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(_INT32, 0))
        zeros = ir.Constant(ir.VectorType(_INT32, self.tile.lanes), [0] * self.tile.lanes)
        return self.builder.shuffle_vector(first, undefined, zeros)

    def masks(self, columns: Any) -> list[Any]:
        """One mask a vector: its lanes below `columns`."""
        count, lanes = self.builder.trunc(columns, _INT32), self.tile.lanes
        whole = ir.VectorType(_INT32, lanes)
        undefined = ir.Constant(whole, ir.Undefined)
        first = self.builder.insert_element(undefined, count, ir.Constant(_INT32, 0))
        limit = self.builder.shuffle_vector(first, undefined, ir.Constant(whole, [0] * lanes))
        return [
            self.builder.icmp_signed("<", ir.Constant(whole, [j * lanes + i for i in range(lanes)]), limit)
            for j in range(self.tile.vectors)
        ]

    def row(self, pointer: Any, masks: list[Any]) -> list[Any]:
        """The vectors of one row of memory."""
        load = self._masked(
            "load", self.vector, [self.vector.as_pointer(), _INT32, masks[0].type, self.vector]
        )
        zero = ir.Constant(self.vector, None)
        align = ir.Constant(_INT32, self.align)
        return [
            self.builder.call(load, [self._place(pointer, j), align, mask, zero])
            for j, mask in enumerate(masks)
        ]

    def put(self, vectors: list[Any], pointer: Any, masks: list[Any]) -> None:
        """Write the vectors of one row to memory."""
        types_ = [self.vector, self.vector.as_pointer(), _INT32, masks[0].type]
        store = self._masked("store", ir.VoidType(), types_)
        align = ir.Constant(_INT32, self.align)
        for j, (vector, mask) in enumerate(zip(vectors, masks, strict=True)):
            self.builder.call(store, [vector, self._place(pointer, j), align, mask])

    def put_rows(self, tile: Any, pointer: Any, step: Any, columns: Any) -> None:
        """Write a tile to rows of memory `step` apart."""
        masks, vectors = self.masks(columns), self.tile.vectors
        for i in range(self.tile.rows):
            at = self.builder.gep(pointer, [self.builder.mul(step, ir.Constant(step.type, i))])
            self.put([self.builder.extract_value(tile, i * vectors + j) for j in range(vectors)], at, masks)

    def fmuladd(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c: fused where the CPU can, two operations where it cannot."""
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.tile.lanes}f{self.tile.dtype.bitwidth}"
        return self.builder.call(
            cgutils.get_or_insert_function(self.builder.module, signature, name), [a, b, c]
        )

    def _place(self, pointer: Any, j: int) -> Any:
        at = self.builder.gep(pointer, [ir.Constant(ir.IntType(64), j * self.tile.lanes)])
        return self.builder.bitcast(at, self.vector.as_pointer())

    def _masked(self, verb: str, result: Any, arguments: list[Any]) -> Any:
        name = f"llvm.masked.{verb}.v{self.tile.lanes}f{self.tile.dtype.bitwidth}.p0"
        return cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(result, arguments), name)


def _tile_of(array: Any, rows: Any, vectors: Any, lanes: Any) -> TileType:
    return TileType(array.dtype, rows.literal_value, vectors.literal_value, lanes.literal_value)


def _pack(emitter: _Emitter, values: list[Any]) -> Any:
    tile = ir.Constant(emitter.context.get_value_type(emitter.tile), ir.Undefined)
    for k, value in enumerate(values):
        tile = emitter.builder.insert_value(tile, value, k)
    return tile


@intrinsic(prefer_literal=True)
def zero(typingctx: Any, like: Any, rows: Any, vectors: Any, lanes: Any) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] = 0, of the dtype of the array `like`."""
    tile = _tile_of(like, rows, vectors, lanes)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(context.get_value_type(signature.return_type), None)

    return tile(like, rows, vectors, lanes), codegen


@intrinsic(prefer_literal=True)
def spread(
    typingctx: Any, b: Any, at: Any, rows: Any, vectors: Any, lanes: Any, columns: Any
) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] = b[at + j]: every row the same."""
    tile = _tile_of(b, rows, vectors, lanes)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = _Emitter(context, builder, tile)
        row = emit.row(emit.element(signature.args[0], args[0], args[1]), emit.masks(args[5]))
        return _pack(emit, row * tile.rows)

    return tile(b, at, rows, vectors, lanes, columns), codegen


@intrinsic(prefer_literal=True)
def load(
    typingctx: Any, c: Any, at: Any, step: Any, rows: Any, vectors: Any, lanes: Any, columns: Any
) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] = c[at + i * step + j]"""
    tile = _tile_of(c, rows, vectors, lanes)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = _Emitter(context, builder, tile)
        pointer = emit.element(signature.args[0], args[0], args[1])
        masks = emit.masks(args[6])
        values = []
        for i in range(tile.rows):
            values += emit.row(
                builder.gep(pointer, [builder.mul(args[2], ir.Constant(args[2].type, i))]), masks
            )
        return _pack(emit, values)

    return tile(c, at, step, rows, vectors, lanes, columns), codegen


def _rank_one(context: Any, builder: Any, types_: Any, args: Any, run: int) -> Any:
    """tile[i, j] += a[a_at + i // run * a_step + i % run] * b[b_at + j]"""
    t, a_type, _, _, b_type, _, _ = types_
    acc, a_array, a_index, step, b_array, b_index, count = args
    emit = _Emitter(context, builder, t)
    row = emit.row(emit.element(b_type, b_array, b_index), emit.masks(count))
    pointer = emit.element(a_type, a_array, a_index)
    for i in range(t.rows):
        start = builder.gep(pointer, [builder.mul(step, ir.Constant(step.type, i // run))])
        scalar = emit.splat(builder.load(builder.gep(start, [ir.Constant(step.type, i % run)])))
        for j in range(t.vectors):
            k = i * t.vectors + j
            value = emit.fmuladd(scalar, row[j], builder.extract_value(acc, k))
            acc = builder.insert_value(acc, value, k)
    return acc


@intrinsic(prefer_literal=True)
def fma(
    typingctx: Any, tile: Any, a: Any, a_at: Any, a_step: Any, b: Any, b_at: Any, columns: Any
) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] += a[a_at + i * a_step] * b[b_at + j], the rank-1 update."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _rank_one(context, builder, signature.args, args, 1)

    return tile(tile, a, a_at, a_step, b, b_at, columns), codegen


@intrinsic(prefer_literal=True)
def fma_runs(
    typingctx: Any, tile: Any, a: Any, a_at: Any, a_step: Any, b: Any, b_at: Any, columns: Any, run: Any
) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] += a[a_at + i // run * a_step + i % run] * b[b_at + j]: scalars in runs of neighbours."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _rank_one(context, builder, signature.args[:-1], args[:-1], run.literal_value)

    return tile(tile, a, a_at, a_step, b, b_at, columns, run), codegen


@intrinsic(prefer_literal=True)
def fma_rows(
    typingctx: Any, tile: Any, a: Any, a_at: Any, a_step: Any, b: Any, b_at: Any, columns: Any
) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] += a[a_at + i * a_step + j] * b[b_at + j], each row of the tile has its own row of a."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        t = signature.args[0]
        acc, a_array, a_index, step, b_array, b_index, count = args
        emit = _Emitter(context, builder, t)
        masks = emit.masks(count)
        row = emit.row(emit.element(signature.args[4], b_array, b_index), masks)
        pointer = emit.element(signature.args[1], a_array, a_index)
        for i in range(t.rows):
            left = emit.row(builder.gep(pointer, [builder.mul(step, ir.Constant(step.type, i))]), masks)
            for j in range(t.vectors):
                k = i * t.vectors + j
                value = emit.fmuladd(left[j], row[j], builder.extract_value(acc, k))
                acc = builder.insert_value(acc, value, k)
        return acc

    return tile(tile, a, a_at, a_step, b, b_at, columns), codegen


@intrinsic
def positive(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """max(tile[i, j], 0); NaN stays NaN."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero, result = ir.Constant(_Emitter(context, builder, tile).vector, None), args[0]
        for k in range(tile.rows * tile.vectors):
            value = builder.extract_value(args[0], k)
            negative = builder.fcmp_ordered("<", value, zero)
            result = builder.insert_value(result, builder.select(negative, zero, value), k)
        return result

    return tile(tile), codegen


@intrinsic(prefer_literal=True)
def store(
    typingctx: Any, tile: Any, c: Any, at: Any, step: Any, columns: Any
) -> tuple[Any, Callable[..., Any]]:
    """c[at + i * step + j] = tile[i, j]"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, c_array, index, c_step, count = args
        emit = _Emitter(context, builder, signature.args[0])
        emit.put_rows(acc, emit.element(signature.args[1], c_array, index), c_step, count)
        return context.get_dummy_value()

    return types.void(tile, c, at, step, columns), codegen
