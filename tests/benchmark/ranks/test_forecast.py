import pytest

from fastconv.benchmark.ranks import Link, forecast


def test_one_rank_sends_nothing():
    assert forecast(0.5, 1000, 100, Link(1e-6, 1e9), 1) == (0.5, 1.0)


def test_the_sum_of_all_messages():
    """Four ranks, two buckets: 2 x 2 x 3 messages and 3 x 3 small ones, the gradients 1.5 times."""
    seconds, share = forecast(1.0, 2 << 20, 1000, Link(1e-3, 1e6), 4)
    expected = 1.0 + (12 + 9) * 1e-3 + 2 * 0.75 * (2 << 20) / 1e6 + 3 * 1000 / 1e6
    assert seconds == pytest.approx(expected)
    assert share == pytest.approx(1 / expected)
