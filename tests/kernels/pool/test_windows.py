"""The tables of average pooling, against windows that are counted one by one."""

import numpy as np
import pytest

from fastconv.kernels.pool.windows import adaptive_windows, windows

LAYERS = [
    # size, kernel, stride, padding before and after, ceil_mode
    (7, 2, 2, (0, 0), False),
    (7, 2, 2, (0, 0), True),
    (9, 3, 1, (1, 1), False),
    (8, 3, 2, (1, 0), True),
    (11, 2, 5, (0, 1), True),
    (10, 4, 3, (2, 2), True),
    (5, 5, 1, (0, 0), False),
    (12, 1, 4, (0, 0), False),
]


def counted(size, kernel, stride, padding, ceil_mode):
    """First and last pixel (exclusive) of each window, and its positions with those of the padding.

    With ceil_mode, one more window for what the last one leaves over, unless it would begin in the padding.
    """
    start, end = -padding[0], size + padding[1]
    left_over, found = True, []
    while start + kernel <= end or (ceil_mode and left_over and start < size):
        last = start + kernel
        found.append((max(start, 0), min(last, size), min(last, end) - start))
        start, left_over = start + stride, last < end
    return found


def seen_by(table, i):
    return [p for p, (first, last, _) in enumerate(table) if first <= i < last]


def assert_reached(reached, table, size):
    """Which windows see a pixel, until where they are the same, and their divisor if they share one."""
    assert len(reached) == size
    seen = [seen_by(table, i) for i in range(size)]
    for i, (first, last, end, divisor) in enumerate(reached):
        assert list(range(first, last)) == seen[i]
        assert all(seen[j] == seen[i] for j in range(i, end)) and i < end <= size
        if seen[i]:
            divisors = {table[p][2] for p in seen[i]}
            assert divisor == (divisors.pop() if len(divisors) == 1 else 0)


@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_windows_are_those_that_are_counted(layer, include):
    """Along the rows; the columns, of size 6, have windows of one pixel."""
    size, kernel, stride, padding, ceil_mode = layer
    found = windows(size, 6, (kernel, 1), (stride, 1), (padding, 0), ceil_mode, include, None)
    table = [(first, last, padded if include else last - first) for first, last, padded in counted(*layer)]
    assert found.rows.tolist() == [list(row) for row in table]
    assert_reached(found.reached_rows.tolist(), table, size)
    assert found.columns.tolist() == [[q, q + 1, 1] for q in range(6)]
    assert found.largest == (max(last - first for first, last, _ in table), 1)
    assert found.largest_reached == (max(len(seen_by(table, i)) for i in range(size)), 1)


def test_both_axes_have_tables_of_their_own():
    found = windows(7, 9, (2, 3), None, ((0, 1), (0, 0)), False, True, None)
    turned = windows(9, 7, (3, 2), None, ((0, 0), (0, 1)), False, True, None)
    for one, other in (("rows", "columns"), ("reached_rows", "reached_columns")):
        np.testing.assert_array_equal(getattr(found, one), getattr(turned, other))
        np.testing.assert_array_equal(getattr(found, other), getattr(turned, one))
    assert found.largest == turned.largest[::-1] == (2, 3)


@pytest.mark.parametrize("divisor", [5, -7])
def test_a_divisor_that_is_given_is_that_of_all_windows(divisor):
    found = windows(8, 9, 3, 2, 1, True, False, divisor)
    products = found.rows[:, None, 2] * found.columns[None, :, 2]
    assert np.unique(products).tolist() == [divisor]
    shared = found.reached_rows[:, None, 3] * found.reached_columns[None, :, 3]
    assert np.unique(shared).tolist() == [divisor]


@pytest.mark.parametrize("size", [1, 2, 7, 12])
@pytest.mark.parametrize("outputs", [0, 1, 2, 5, 7, 13])
def test_adaptive_windows_share_the_pixels_out(size, outputs):
    """Window p of P reaches from the pixel floor(p size / P) to the pixel ceil((p + 1) size / P)."""
    found = adaptive_windows(size, 3, outputs, 3)
    count = outputs or size
    table = []
    for p in range(count):
        inside = [i for i in range(size) if i * count < (p + 1) * size and (i + 1) * count > p * size]
        table.append((inside[0], inside[-1] + 1, len(inside)))
    assert found.rows.tolist() == [list(row) for row in table]
    assert_reached(found.reached_rows.tolist(), table, size)
    assert found.largest.rows == max(row[2] for row in table)


def test_tables_are_made_once_and_cannot_be_changed():
    found = windows(6, 6, 2, 2, 0, False, True, None)
    assert windows(6, 6, 2, 2, 0, False, True, None) is found
    for table in found[:4]:
        assert not table.flags.writeable and table.flags.c_contiguous
