import numpy as np
import pytest

from fastconv.benchmark import memory

LARGE = 40_000_000
"""Bytes of an array, far above what else the process does meanwhile."""


@pytest.fixture(autouse=True)
def _told():
    if memory.growth(memory.resident(), lambda: None) is None:
        pytest.skip("this system does not tell the peak of a process")


def fill(size=LARGE):
    return np.ones(size, np.uint8)


def test_what_calls_take_for_a_while():
    assert memory.growth(memory.resident(), fill) == pytest.approx(LARGE, rel=0.2)


def test_what_was_taken_before_the_first_call():
    before = memory.resident()
    kept = fill()
    assert memory.growth(before, lambda: None) == pytest.approx(kept.nbytes, rel=0.2)


def test_what_the_first_call_alone_takes():
    sizes = iter([4 * LARGE, *[LARGE] * memory.CALLS])
    assert memory.growth(memory.resident(), lambda: fill(next(sizes))) == pytest.approx(LARGE, rel=0.2)


def test_what_is_free_goes_back():
    before = memory.resident()
    pieces = [fill(60_000) for _ in range(1000)]
    del pieces
    assert memory.resident() < before + LARGE / 4


def test_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "status")
    assert memory.resident() is None
    assert memory.growth(None, fill) is None
    assert memory.growth(1, fill) is None
