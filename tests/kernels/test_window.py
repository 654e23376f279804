"""What of a window, and which windows, lie inside: against a look at every tap."""

import pytest
from numba import njit

from fastconv.kernels.window import at_edge, interior, reached


@njit
def edge(place, first, last, size, taps, stride, dilation, before):
    return at_edge(place, first, last, size, taps, stride, dilation, before)


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("taps", [1, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_reached_taps_lie_inside(size, taps, dilation):
    for at in range(-12, 12):
        inside = [r for r in range(taps) if 0 <= at + r * dilation < size]
        first, last = reached.py_func(at, taps, dilation, size)
        assert list(range(first, last)) == inside


@pytest.mark.parametrize("size", [3, 8])
@pytest.mark.parametrize("taps", [1, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("before", [-1, 0, 1, 4])
def test_whole_windows_lie_inside(size, taps, stride, dilation, before):
    outputs = 9
    whole = [
        q for q in range(outputs) if all(0 <= q * stride - before + r * dilation < size for r in range(taps))
    ]
    first, last = interior.py_func(size, taps, stride, dilation, before, outputs)
    assert list(range(first, last)) == whole
    edges = [
        edge(place, first, last, size, taps, stride, dilation, before)
        for place in range(outputs - len(whole))
    ]
    assert [q for q, _, _ in edges] == [q for q in range(outputs) if q not in whole]
    for q, tap0, tap1 in edges:
        assert (tap0, tap1) == reached.py_func(q * stride - before, taps, dilation, size)
