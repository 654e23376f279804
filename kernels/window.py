"""Which taps of a window, and which windows along an axis, lie inside the input."""

from .engine.jit import inline


@inline
def reached(at, taps, dilation, size):
    """First and last (exclusive) tap inside the input, where tap r lies at position at + r * dilation.

    For successive outputs, one tap lies at positions a stride apart. So with the number of outputs as `taps`
    and the stride as `dilation`, these are the outputs for which the tap lies inside.
    """
    first = (-at + dilation - 1) // dilation if at < 0 else 0
    last = (size - at + dilation - 1) // dilation if at < size else 0
    return min(first, taps), max(min(last, taps), 0)


@inline
def interior(size, taps, stride, dilation, before, outputs):
    """First and last (exclusive) output whose whole window lies inside the input; (0, 0) if there is none."""
    first = max(0, (before + stride - 1) // stride)
    last = min(outputs, (size + before - (taps - 1) * dilation - 1) // stride + 1)
    return (first, last) if first < last else (0, 0)


@inline
def at_edge(edge, first, last, size, taps, stride, dilation, before):
    """Output `edge` of those outside of `first` to `last`, and its first and last (exclusive) tap inside."""
    output = edge if edge < first else edge + last - first
    tap0, tap1 = reached(output * stride - before, taps, dilation, size)
    return output, tap0, tap1
