"""What the passes of a depthwise convolution share: the geometry, and the way along a row of pixels."""

from ...chain.stages import Form
from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import inline
from ...simd import spread
from ...window import at_edge, interior
from ..plan import Place, geometry, literals_of_stages, run_time_sizes, sizes_of_stages
from ..problem import Problem


def layout(
    p: Problem,
    place: Place | None,
    relu: bool,
    pixels: int,
    any_height: bool = False,
    forms: tuple[Form, ...] = (),
) -> Geometry:
    """A tile has the number of rows that covers the inner pixels of a row best, at most `pixels`.

    With `any_height`, filters of other rows, strides and dilations down the image share the machine code.
    """
    height, width, channels, lanes = p.height, p.width, p.groups, machine.lanes(p.dtype)
    vectors = -(-channels // lanes)
    q0, q1 = interior.py_func(width.size, *width[1:5], width.outputs)
    tiles = max(1, -(-(q1 - q0) // pixels))
    down = {"taps_h": height.taps, "stride_h": height.stride, "dilation_h": height.dilation}
    literals = {
        "channels": 1, "blocks": 1, "panels": 1, "filters": channels, "columns": vectors * lanes,
        "channels_out": channels, "taps_w": width.taps, "stride_w": width.stride,
        "dilation_w": width.dilation, "lanes": lanes, "rows": max(1, -(-(q1 - q0) // tiles)),
        "vectors": min(vectors, 4),
    } | ({} if any_height else down) | ({"y_pixel": place.pixel} if place else {})  # fmt: skip
    sizes = run_time_sizes(p, place) | down | {"relu": int(relu)} | sizes_of_stages(p, forms)
    return geometry(sizes, literals | literals_of_stages(p, forms))


@inline
def along_row(g, compute, rows, x, x_row, packed, bias, y, y_row, bypass):
    """Compute all tiles of a row of output pixels: inner ones g.rows pixels wide, those at the edges one.

    x_row is where pixel 0 of an input row begins, y_row where output 0 does.
    compute(g, start, rows, x, at, s0, s1, packed, c, y, to, count, bypass) computes a tile of `count`
    channels from c on: `start` is the tile of the bias, `at` where filter tap 0 of its first pixel lies, s0
    to s1 the taps of each filter row that lie inside. `rows`, the rows it reads, is for `compute` alone.
    """
    step = g.stride_w * g.channels_out
    q0, q1 = interior(g.width, g.taps_w, g.stride_w, g.dilation_w, g.left, g.outputs_w)
    first = x_row - g.left * g.channels_out
    for tile in range(q0, q1, g.rows):
        q = min(tile, q1 - g.rows)
        for c in range(0, g.columns, g.lanes):
            count = g.lanes if g.columns == g.channels_out else min(g.lanes, g.channels_out - c)
            start, at, to = (
                spread(bias, c, g.rows, 1, g.lanes, count),
                first + q * step,
                y_row + q * g.y_pixel,
            )
            compute(g, start, rows, x, at + c, 0, g.taps_w, packed, c, y, to + c, count, bypass)
    for edge in range(g.outputs_w - (q1 - q0)):
        q, s0, s1 = at_edge(edge, q0, q1, g.width, g.taps_w, g.stride_w, g.dilation_w, g.left)
        for c in range(0, g.columns, g.lanes):
            count = g.lanes if g.columns == g.channels_out else min(g.lanes, g.channels_out - c)
            start, at, to = spread(bias, c, 1, 1, g.lanes, count), first + q * step, y_row + q * g.y_pixel
            compute(g, start, rows, x, at + c, s0, s1, packed, c, y, to + c, count, bypass)
