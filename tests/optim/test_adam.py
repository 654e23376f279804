import math

import pytest

from fastconv import optim
from tests.optim.rules import one, stepped


def test_adam_by_hand(each_backend):
    m, s, p = 0.0, 0.0, 1.0
    for step, g in enumerate((3.0, 5.0), start=1):
        m, s = 0.8 * m + 0.2 * g, 0.99 * s + 0.01 * g * g
        p -= 0.1 * (m / (1 - 0.8**step)) / (math.sqrt(s / (1 - 0.99**step)) + 1e-3)
    result = stepped(optim.Adam(one(), lr=0.1, betas=(0.8, 0.99), eps=1e-3), 3.0, 5.0)
    assert result == pytest.approx(p, rel=1e-13)


def test_the_decay_of_adamw_is_apart_from_the_gradient(each_backend):
    # With a zero gradient only the decay moves the parameter; Adam's decay passes through its normalisation.
    assert stepped(optim.AdamW(one(), lr=0.1, weight_decay=0.5), 0.0) == pytest.approx(0.95, rel=1e-14)
    assert stepped(optim.Adam(one(), lr=0.1, weight_decay=0.5), 0.0) == pytest.approx(0.9, rel=1e-6)
