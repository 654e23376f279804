"""Which taps of a window, and which windows of an axis, lie inside of the input."""

from .engine.jit import inline


@inline
def reached(at, taps, dilation, size):
    """First and last (exclusive) tap that lies inside when tap 0 is at `at`.

    Outputs of one tap are `stride` apart as taps are `dilation`: of them it tells the same.
    """
    first = (-at + dilation - 1) // dilation if at < 0 else 0
    last = (size - at + dilation - 1) // dilation if at < size else 0
    return min(first, taps), max(min(last, taps), 0)


@inline
def interior(size, taps, stride, dilation, before, outputs):
    """First and last (exclusive) output whose whole window lies inside."""
    first = max(0, (before + stride - 1) // stride)
    last = min(outputs, (size + before - (taps - 1) * dilation - 1) // stride + 1)
    return (first, last) if first < last else (0, 0)


@inline
def at_edge(edge, first, last, size, taps, stride, dilation, before):
    """The output in place `edge` of those not interior, and its first and last (exclusive) tap inside."""
    output = edge if edge < first else edge + last - first
    tap0, tap1 = reached(output * stride - before, taps, dilation, size)
    return output, tap0, tap1
