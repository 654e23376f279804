"""A bias that is added in a pass of its own, where the pass before it could not begin its sums with it."""

import numpy as np

from ..engine.geometry import vector
from ..engine.jit import kernel
from ..memory.buffers import CHUNK, scratch
from ..simd import read, write


def add_bias(line: np.ndarray, bias: np.ndarray) -> None:
    """line[i] += bias[i % channels], where line is images of so many channels, channels-last and flat."""
    if line.size:
        pixels = -(-CHUNK // bias.size)
        jobs = -(-line.size // (pixels * bias.size))
        _add(jobs, 8.0 * line.size, vector(line.dtype), line, bias, pixels)


@kernel
def _add(g, line, bias, pixels, first, last):
    """line[pixel, c] += bias[c]

    line (any pixels, C), flat, and bias (C,). A job is so many pixels, or at the end fewer; `add_bias` cuts
    them. The bias is repeated g.lanes times, so that whole vectors meet it whatever C is.
    """
    channels, step = bias.size, bias.size * g.lanes
    repeated = scratch(step, line)
    for i in range(step):
        repeated[i] = bias[i % channels]
    for job in range(first, last):
        begin = job * pixels * channels
        end = min(begin + pixels * channels, line.size)
        for block in range(begin, end, step):
            for i in range(block, min(block + step, end), g.lanes):
                count = min(g.lanes, end - i)
                total = read(line, i, g.lanes, count) + read(repeated, i - block, g.lanes, g.lanes)
                write(total, line, i, count)
