"""Tiles whose lanes run along a sum: products of rows with rows, and the transpose of a square tile.

                     b[b_at + j * b_step + lane]     `vectors` rows of b
                     ---------------------------
a[a_at          + .] |                         |
a[a_at + a_step + .] |   rows x vectors        |     each accumulator is a vector of partial sums
        ...          |   accumulators          |
                     ---------------------------

The contract is that of `tile.py`.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from .tile import TileType, _Emitter, _pack

_INT32 = ir.IntType(32)


def _row_masks(emit: _Emitter, count: Any) -> list[Any]:
    """The mask of one vector, whatever the vectors of the tile."""
    return emit.masks(count)[:1]


@intrinsic(prefer_literal=True)
def dot(
    typingctx: Any, tile: Any, a: Any, a_at: Any, a_step: Any, b: Any, b_at: Any, b_step: Any, count: Any
) -> tuple[Any, Callable[..., Any]]:
    """tile[i, j] += a[a_at + i * a_step + lane] * b[b_at + j * b_step + lane], lanes below `count`"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        t = signature.args[0]
        acc, a_array, a_index, a_stride, b_array, b_index, b_stride, lanes = args
        emit = _Emitter(context, builder, t)
        mask = _row_masks(emit, lanes)

        def rows(kind: Any, array: Any, index: Any, step: Any, number: int) -> list[Any]:
            pointer = emit.element(kind, array, index)
            offsets = [builder.mul(step, ir.Constant(step.type, i)) for i in range(number)]
            return [emit.row(builder.gep(pointer, [offset]), mask)[0] for offset in offsets]

        left = rows(signature.args[1], a_array, a_index, a_stride, t.rows)
        right = rows(signature.args[4], b_array, b_index, b_stride, t.vectors)
        for i in range(t.rows):
            for j in range(t.vectors):
                k = i * t.vectors + j
                value = emit.fmuladd(left[i], right[j], builder.extract_value(acc, k))
                acc = builder.insert_value(acc, value, k)
        return acc

    return tile(tile, a, a_at, a_step, b, b_at, b_step, count), codegen


def _indices(indices: list[int]) -> Any:
    """Which elements a shuffle takes."""
    return ir.Constant(ir.VectorType(_INT32, len(indices)), indices)


def _joined(builder: Any, vectors: list[Any]) -> Any:
    """One vector whose lane j is the sum of the lanes of vectors[j]: halves are added until one is left."""
    lanes = vectors[0].type.count
    segment = lanes  # lanes that hold partial sums of the same vector
    while len(vectors) > 1:
        half, pairs = segment // 2, []
        for a, b in zip(vectors[::2], vectors[1::2], strict=True):
            starts = range(0, 2 * lanes, segment)
            low = [s + i for s in starts for i in range(half)]
            high = [s + half + i for s in starts for i in range(half)]
            pairs.append(
                builder.fadd(
                    builder.shuffle_vector(a, b, _indices(low)), builder.shuffle_vector(a, b, _indices(high))
                )
            )
        vectors, segment = pairs, half
    (value,) = vectors
    while segment > 1:
        half = segment // 2
        starts = range(0, value.type.count, segment)
        low = [s + i for s in starts for i in range(half)]
        high = [s + half + i for s in starts for i in range(half)]
        value = builder.fadd(
            builder.shuffle_vector(value, value, _indices(low)),
            builder.shuffle_vector(value, value, _indices(high)),
        )
        segment = half
    return value


@intrinsic
def sums(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """result[i, j] = the sum of the lanes of accumulator (i, j), in a fixed order; `vectors` lanes in a row.

    `vectors` is a power of two, at most `lanes`.
    """
    result = TileType(tile.dtype, tile.rows, 1, tile.vectors)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = []
        for i in range(tile.rows):
            row = [builder.extract_value(args[0], i * tile.vectors + j) for j in range(tile.vectors)]
            rows.append(_joined(builder, row))
        return _pack(_Emitter(context, builder, result), rows)

    return result(tile), codegen


@intrinsic
def plus(typingctx: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    """a + b, tiles of one shape"""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        both = (
            (builder.extract_value(args[0], k), builder.extract_value(args[1], k))
            for k in range(a.rows * a.vectors)
        )
        return _pack(_Emitter(context, builder, a), [builder.fadd(x, y) for x, y in both])

    return a(a, b), codegen


@intrinsic
def transposed(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """tile[j, i], of a tile of one vector in a row and as many rows as lanes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = tile.lanes
        rows = [builder.extract_value(args[0], i) for i in range(lanes)]
        step = 1
        while step < lanes:
            for i in range(lanes):
                if not i & step:
                    a, b = rows[i], rows[i + step]
                    low = [j if not j & step else lanes + j - step for j in range(lanes)]
                    high = [j + step if not j & step else lanes + j for j in range(lanes)]
                    rows[i] = builder.shuffle_vector(a, b, _indices(low))
                    rows[i + step] = builder.shuffle_vector(a, b, _indices(high))
            step *= 2
        return _pack(_Emitter(context, builder, tile), rows)

    return tile(tile), codegen
