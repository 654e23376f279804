import math

import pytest

from fastconv.optim.lr_scheduler import CosineAnnealingLR, LinearLR, PolynomialLR
from tests.optim.lr_scheduler.rates import optimizer, rates


def test_a_line_up_to_the_rate():
    schedule = LinearLR(optimizer(), start_factor=0.25, total_iters=3)
    assert rates(schedule, 4) == pytest.approx([0.25, 0.5, 0.75, 1, 1], rel=1e-14)


def test_a_line_down_to_nothing():
    schedule = LinearLR(optimizer(), start_factor=1.0, end_factor=0.0, total_iters=4)
    assert rates(schedule, 5) == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0], abs=1e-15)


def test_a_polynomial():
    schedule = PolynomialLR(optimizer(), total_iters=4, power=2)
    assert rates(schedule, 5) == pytest.approx([1, 9 / 16, 4 / 16, 1 / 16, 0, 0], abs=1e-15)


def test_a_cosine_down_and_up_again():
    schedule = CosineAnnealingLR(optimizer(), 3)
    expected = [(1 + math.cos(math.pi * t / 3)) / 2 for t in range(13)]
    assert expected[:5] == pytest.approx([1, 0.75, 0.25, 0, 0.25])
    assert rates(schedule, 12) == pytest.approx(expected, abs=1e-14)


def test_a_cosine_with_a_lowest_rate():
    subject = optimizer(lrs=(1.0,))
    schedule = CosineAnnealingLR(subject, 2, eta_min=0.5)
    seen = []
    for _ in range(4):
        seen.append(subject.lr)
        schedule.step()
    assert seen == pytest.approx([1, 0.75, 0.5, 0.75], rel=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: LinearLR(o, start_factor=0), "LinearLR: start_factor: got 0, needs a number above 0"),
        (lambda o: LinearLR(o, start_factor=1.5), "LinearLR: start_factor: got 1.5"),
        (lambda o: LinearLR(o, end_factor=-1), "LinearLR: end_factor: got -1"),
        (lambda o: LinearLR(o, total_iters=0), "LinearLR: total_iters: got 0"),
        (lambda o: PolynomialLR(o, 0), "PolynomialLR: total_iters: got 0"),
        (lambda o: PolynomialLR(o, power=None), "PolynomialLR: power: got None"),
        (lambda o: CosineAnnealingLR(o, 0), "CosineAnnealingLR: T_max: got 0"),
        (lambda o: CosineAnnealingLR(o, 3, -1), "CosineAnnealingLR: eta_min: got -1"),
    ],
)
def test_arguments_are_checked(make, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        make(optimizer())
