"""A clock that only calls move: what is timed, how often, and when a turn ends."""

import pytest

from fastconv.benchmark import timing


class Clock:
    """Time that passes when `call` is called, a second at a time, and when someone sleeps."""

    def __init__(self, monkeypatch, seconds=1.0, busy=0):
        self.now, self.calls, self.seconds, self.busy, self.used = 0.0, 0, seconds, busy, 0.0
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(timing.time, "process_time", lambda: self.used)
        monkeypatch.setattr(timing.time, "sleep", self.sleep)

    def call(self):
        self.calls += 1
        self.now += self.seconds

    def sleep(self, seconds):
        self.now += seconds
        self.used += seconds if self.busy > 0 else 0
        self.busy -= 1


def test_short_calls_are_timed_together(monkeypatch):
    assert timing.calls_per_sample(Clock(monkeypatch, 1.0).call) == 1
    assert timing.calls_per_sample(Clock(monkeypatch, 64e-6).call) == 4
    assert timing.calls_per_sample(Clock(monkeypatch, 0.0).call) == 20_000


def test_seconds_of_one_call(monkeypatch):
    clock = Clock(monkeypatch, 2.0)
    assert timing.seconds_of(clock.call, 5) == 2
    assert clock.calls == 5


@pytest.mark.parametrize(
    ("seconds", "calls"),
    [
        (0, 4),  # one that is not timed, three samples
        (16, 16),  # four that are not timed, twelve samples
    ],
)
def test_calls_of_a_turn(monkeypatch, seconds, calls):
    clock = Clock(monkeypatch)
    assert timing.turn(clock.call, seconds, 1) == 1
    assert clock.calls == calls


def test_a_turn_gives_the_median(monkeypatch):
    clock = Clock(monkeypatch)
    durations = iter([100, 1, 9, 2])

    def call():
        clock.now += next(durations)

    assert timing.turn(call, 0, 1) == 2  # of 1, 9 and 2: the first call is not timed


@pytest.mark.parametrize(("busy", "ticks"), [(0, 2), (3, 5), (10**6, 334)])
def test_settle_waits_for_the_threads_but_not_for_ever(monkeypatch, busy, ticks):
    clock = Clock(monkeypatch, busy=busy)
    timing.settle()
    assert busy - clock.busy == ticks
