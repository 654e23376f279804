"""The switch: on at first, known to every call that follows, to repeated ones too."""

import numpy as np
import pytest

from fastconv import functional, reference
from fastconv.kernels.conv.winograd import switch
from fastconv.kernels.engine import machine

CHANNELS = 4 * machine.lanes(np.float32)
SHAPE, SIZE = (2, CHANNELS, 12, 12), (CHANNELS, CHANNELS, 3, 3)


@pytest.fixture(autouse=True)
def _as_it_was():
    before = switch.enabled()
    yield
    switch.enable(before)


def test_it_is_what_was_set_last():
    assert switch.enabled()
    for on in (False, False, True):
        switch.enable(on)
        assert switch.enabled() is on


def test_calls_that_are_repeated_follow_it():
    """The direct sums of small integers are exact; those of transformed tiles are rounded."""
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-4, 5, shape).astype(np.float32) for shape in (SHAPE, SIZE))
    exact = reference.conv2d(x, w, padding=1)
    for on in (True, False, True):
        switch.enable(on)
        for _ in range(3):
            assert np.array_equal(functional.conv2d(x, w, padding=1), exact) is not on
