"""Tiles between two orders: pixels with their channels side by side, and a plane for each channel."""

from collections.abc import Callable
from typing import Any

from numba.extending import intrinsic

from .dot import _places
from .tile import TileType, _Emitter, _pack


def _rearranged(builder: Any, vectors: list[Any], places: list[int]) -> list[Any]:
    """Vectors whose elements, one after the other, are those at `places` of the given ones.

    Each is put together from two vectors at a time.
    """
    lanes, result = vectors[0].type.count, []
    for start in range(0, len(places), lanes):
        wanted = [divmod(place, lanes) for place in places[start : start + lanes]]
        value = None
        for number in sorted({vector for vector, _ in wanted}):
            chosen = [
                lanes + lane if vector == number else i if vector < number else 0
                for i, (vector, lane) in enumerate(wanted)
            ]
            before = vectors[number] if value is None else value
            value = builder.shuffle_vector(before, vectors[number], _places(chosen))
        result.append(value)
    return result


@intrinsic
def woven(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """One row: element j * rows + i is tile[i, j]."""
    rows, columns = tile.rows, tile.vectors * tile.lanes
    result = TileType(tile.dtype, 1, rows * tile.vectors, tile.lanes)
    places = [i * columns + j for j in range(columns) for i in range(rows)]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = [builder.extract_value(args[0], k) for k in range(rows * tile.vectors)]
        return _pack(_Emitter(context, builder, result), _rearranged(builder, vectors, places))

    return result(tile), codegen


@intrinsic
def unwoven(typingctx: Any, tile: Any) -> tuple[Any, Callable[..., Any]]:
    """As many rows as the tile of one row has vectors: element [i, j] is that at j * rows + i."""
    rows, lanes = tile.vectors, tile.lanes
    result = TileType(tile.dtype, rows, 1, lanes)
    places = [j * rows + i for i in range(rows) for j in range(lanes)]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = [builder.extract_value(args[0], k) for k in range(rows)]
        return _pack(_Emitter(context, builder, result), _rearranged(builder, vectors, places))

    return result(tile), codegen
