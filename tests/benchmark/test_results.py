import math

import pytest

from fastconv.benchmark.results import Peak, Result, geometric_mean, means, slow
from fastconv.benchmark.rows import parse


def test_times_and_ratio(made_up):
    result = made_up[0]
    assert result.seconds() == 2e-6
    assert result.seconds("torch") == 8e-6
    assert result.best_peer == "torch-channels-last"
    assert result.ratio == pytest.approx(1.5)
    assert result.spread == pytest.approx((0.5, 3.0))
    assert not result.slower


def test_rates(made_up):
    conv, _, relu, _ = made_up
    assert conv.operations == pytest.approx(2 * 5 * 100 * 2 / 2e-6)
    assert conv.bytes == pytest.approx(4 * (200 + 500 + 10) / 2e-6)
    assert (relu.operations, relu.bytes) == pytest.approx((0, 2000 / 1e-6))


def test_without_a_peer_and_without_a_time():
    row = parse("relu 8 | | | r")
    alone, failed = Result(row, "forward", {"fastconv": [1.0]}), Result(row, "forward")
    for result in (alone, failed):
        assert result.best_peer is None
        assert not result.slower
        assert all(map(math.isnan, (result.ratio, *result.spread)))
    assert math.isnan(failed.seconds())


def test_geometric_mean():
    assert geometric_mean([0.5, 2, 8, math.nan]) == pytest.approx(2)
    assert math.isnan(geometric_mean([math.nan]))


def test_means_by_set_and_pass(made_up):
    alpha, beta, everything = means(made_up)
    assert (alpha[0], beta[0], everything[0]) == ("alpha", "beta", "all")
    assert alpha[1] == pytest.approx({"forward": 1.5, "weight": 0.5})
    assert alpha[2] == pytest.approx(math.sqrt(0.75))
    assert beta[1]["forward"] == pytest.approx(0.98)
    assert math.isnan(beta[1]["input"])
    assert everything[1]["forward"] == pytest.approx(math.sqrt(1.5 * 0.98))
    assert everything[2] == pytest.approx((1.5 * 0.5 * 0.98) ** (1 / 3))
    assert [name for name, _, _ in means(made_up[:2])] == ["alpha"]


def test_what_is_slower(made_up):
    worse = Result(made_up[0].row, "input", {"fastconv": [4.0], "torch": [1.0]})
    assert slow([*made_up, worse]) == [worse, made_up[1]]  # 0.98 counts as not slower


def test_the_best_of_two_peaks():
    assert Peak(3, 10, 0.9).best(Peak(2, 11, 1.0)) == Peak(3, 11, 0.9)
