"""Tiles from a plane for each channel to pixels whose channels lie side by side, and back."""

from collections.abc import Callable
from typing import Any

from numba.extending import intrinsic

from .dot import _indices
from .tile import TileType, _Emitter, _pack


def _rearranged(builder: Any, vectors: list[Any], positions: list[int]) -> list[Any]:
    """Vectors whose elements, one after the other, are the given ones' elements at `positions`.

    A shuffle takes from two vectors at a time.
    """
    lanes, result = vectors[0].type.count, []
    for start in range(0, len(positions), lanes):
        wanted = [divmod(position, lanes) for position in positions[start : start + lanes]]
        value = None
        for number in sorted({vector for vector, _ in wanted}):
            chosen = [
                lanes + lane if vector == number else i if vector < number else 0
                for i, (vector, lane) in enumerate(wanted)
            ]
            before = vectors[number] if value is None else value
            value = builder.shuffle_vector(before, vectors[number], _indices(chosen))
        result.append(value)
    return result


@intrinsic
def woven(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """One row: element j * rows + i is tile[i, j]."""
    rows, columns = tile.rows, tile.vectors * tile.lanes
    result = TileType(tile.dtype, 1, rows * tile.vectors, tile.lanes)
    positions = [i * columns + j for j in range(columns) for i in range(rows)]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = [builder.extract_value(args[0], k) for k in range(rows * tile.vectors)]
        return _pack(_Emitter(context, builder, result), _rearranged(builder, vectors, positions))

    return result(tile), codegen


@intrinsic
def unwoven(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """As many rows as the tile of one row has vectors: element [i, j] is that at j * rows + i."""
    rows, lanes = tile.vectors, tile.lanes
    result = TileType(tile.dtype, rows, 1, lanes)
    positions = [j * rows + i for i in range(rows) for j in range(lanes)]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = [builder.extract_value(args[0], k) for k in range(rows)]
        return _pack(_Emitter(context, builder, result), _rearranged(builder, vectors, positions))

    return result(tile), codegen
