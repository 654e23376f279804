"""Normalisation of channels by their neighbours: a window that moves along the channels of a pixel."""

from functools import lru_cache

from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel
from ..engine.machine import lanes
from ..memory.buffers import CHUNK, scratch, streams
from ..simd import clear, exp, full, log, pour, read, write
from .channels import _empty, _flat

WORK = 64.0
"""Work of an element, of which there are a logarithm and an exponential."""


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """y[c] = x[c] / D[c]^beta, D[c] = k + alpha / size * sum of x[j]^2, c - size//2 <= j <= c + (size-1)//2

    input (N, C, *).
    """
    x, (line, y) = _flat(input), _empty(input)
    if line.size:
        g, jobs = _geometry(input.shape[1], line.size, size, line.dtype)
        bypass = streams(line, g.channels)
        _respond(jobs, WORK * line.size, g, x, line, alpha / size, float(beta), float(k), bypass)
    return y


def local_response_norm_input(input, grad_output, size, alpha=1e-4, beta=0.75, k=1.0):
    """dx[j] = dy[j] / D[j]^beta - 2 alpha beta / size * x[j] * sum of dy[c] x[c] / D[c]^(beta + 1)

    over the channels c in whose window j lies: j - (size-1)//2 <= c <= j + size//2.
    """
    x, dy, (line, dx) = _flat(input), _flat(grad_output), _empty(input)
    if line.size:
        g, jobs = _geometry(input.shape[1], line.size, size, line.dtype)
        bypass = streams(line, g.channels)
        work = 2 * WORK * line.size
        _respond_gradient(jobs, work, g, x, dy, line, alpha / size, float(beta), float(k), bypass)
    return dx


@lru_cache(maxsize=256)
def _geometry(channels, elements, size, dtype):
    """The geometry of pixels of so many channels, and the jobs."""
    size = min(size, 2 * channels)  # a wider window sees no more
    pixels, at_once = elements // channels, max(1, CHUNK // channels)
    sizes = {
        "channels": channels, "pixels": pixels, "at_once": at_once, "window": size, "before": size // 2,
        "after": (size - 1) // 2, "padded": channels + size,
    }  # fmt: skip
    return Geometry(sizes, lanes=lanes(dtype)), -(-pixels // at_once)


@inline
def _windowed(g, values, c, count):
    """The sum of values[c + s] for s < g.window: `values` begins with as many zeros as come before."""
    total = full(values.dtype.type(0), g.lanes)
    for s in range(g.window):
        total = total + read(values, c + s, g.lanes, count)
    return total


@inline
def _set_squares(g, x, at, squares):
    """squares[g.before + c] = x[at + c]^2"""
    for c in range(0, g.channels, g.lanes):
        count = min(g.lanes, g.channels - c)
        v = read(x, at + c, g.lanes, count)
        write(v * v, squares, g.before + c, count)


@kernel
def _respond(g, x, y, scale, beta, k, bypass, first, last):
    """y[p, c] = x[p, c] * (k + scale * sum over the window of x[p, j]^2)^-beta

    Flat x and y (g.pixels, g.channels); overwrites y, past the caches if `bypass`. A job is g.at_once pixels;
    `_geometry` cuts them.
    """
    squares = scratch(g.padded, x)
    clear(squares, 0, g.padded)
    for pixel in range(first * g.at_once, min(last * g.at_once, g.pixels)):
        at = pixel * g.channels
        _set_squares(g, x, at, squares)
        for c in range(0, g.channels, g.lanes):
            count = min(g.lanes, g.channels - c)
            d = _windowed(g, squares, c, count) * scale + k
            pour(read(x, at + c, g.lanes, count) * exp(log(d) * (0 - beta)), y, at + c, count, bypass)


@kernel
def _respond_gradient(g, x, dy, dx, scale, beta, k, bypass, first, last):
    """dx = dy D^-beta - 2 scale beta x * sum over the channels c that see x of dy[c] x[c] D[c]^(-beta - 1)

    D as in `_respond`. Flat x, dy and dx (g.pixels, g.channels); overwrites dx, past the caches if `bypass`.
    A job is g.at_once pixels; `_geometry` cuts them.
    """
    squares, terms, own = scratch(g.padded, x), scratch(g.padded, x), scratch(g.channels, x)
    clear(squares, 0, g.padded)
    clear(terms, 0, g.padded)
    for pixel in range(first * g.at_once, min(last * g.at_once, g.pixels)):
        at = pixel * g.channels
        _set_squares(g, x, at, squares)
        for c in range(0, g.channels, g.lanes):
            count = min(g.lanes, g.channels - c)
            d = _windowed(g, squares, c, count) * scale + k
            direct = read(dy, at + c, g.lanes, count) * exp(log(d) * (0 - beta))
            write(direct, own, c, count)
            write(direct * read(x, at + c, g.lanes, count) / d, terms, g.after + c, count)
        for c in range(0, g.channels, g.lanes):
            count = min(g.lanes, g.channels - c)
            others = _windowed(g, terms, c, count) * read(x, at + c, g.lanes, count)
            pour(read(own, c, g.lanes, count) - others * (2 * scale * beta), dx, at + c, count, bypass)
