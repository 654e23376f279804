import math

import numpy as np
import pytest

from fastconv import optim
from tests.optim.rules import one, stepped


def test_rmsprop_by_hand(each_backend):
    s, v, m, p = 0.0, 0.0, 0.0, 1.0
    for g in (3.0, 5.0):
        g += 0.5 * p
        s, m = 0.9 * s + 0.1 * g * g, 0.9 * m + 0.1 * g
        v = 0.8 * v + g / (math.sqrt(s - m * m) + 1e-3)
        p -= 0.1 * v
    options = {"lr": 0.1, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.5, "momentum": 0.8, "centered": True}
    assert stepped(optim.RMSprop(one(), **options), 3.0, 5.0) == pytest.approx(p, rel=1e-13)


def test_what_a_setting_needs_is_there_when_it_is_switched_on():
    optimizer = optim.RMSprop(one(), alpha=0.5, eps=0.0, lr=1.0)
    stepped(optimizer, 2.0)
    optimizer.momentum, optimizer.centered = 0.5, True
    p, s, m = optimizer.parameters["p"][0], 0.5 * 2.0**2, 0.0
    # Only the first element has a gradient; the second one's buffers are zero, and so is its quotient.
    s, m = 0.5 * s + 0.5 * 9, 0.5 * m + 0.5 * 3
    optimizer.eps = 1e-3
    assert stepped(optimizer, 3.0) == pytest.approx(p - 3 / (math.sqrt(s - m * m) + 1e-3), rel=1e-13)
    assert sorted(optimizer.state_dict()) == ["means", "param_groups", "squares", "steps", "velocities"]
    assert np.array_equal(optimizer.state_dict()["velocities"]["p"][1:], [0.0])
