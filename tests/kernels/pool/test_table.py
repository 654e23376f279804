"""Which pooling is unrolled: small square windows, all others by one machine code."""

from fastconv.kernels.pool.table import AVERAGE, FORWARD, INPUT, MAXIMUM, Window, choose


def literal(table, which, window):
    return choose(table, which, window).plans[which](window)


def test_the_compiler_knows_the_maxima_of_small_squares():
    windows = [(1, 1), (2, 2), (3, 3), (4, 4), (2, 3)]
    assert [literal(MAXIMUM, FORWARD, Window(*window)) for window in windows] == [0, 2, 3, 0, 0]
    assert choose(MAXIMUM, INPUT, Window(2, 2)).name == "route"


def test_the_compiler_knows_the_means_of_small_squares():
    windows = [(1, 1), (2, 2), (3, 3), (4, 4), (2, 3)]
    for which in (FORWARD, INPUT):
        assert [literal(AVERAGE, which, Window(*window)) for window in windows] == [1, 2, 3, 0, 0]
