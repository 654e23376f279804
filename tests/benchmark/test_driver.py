"""The order of questions, and what becomes of bad answers, with children that are not there."""

import subprocess
import sys

import numpy as np
import pytest

from fastconv.benchmark import check, driver
from fastconv.benchmark.child import ChildError
from fastconv.benchmark.driver import Plan
from fastconv.benchmark.rows import parse

CONV = parse("conv 1 2 10 10 | 5 1 1 | | first", "alpha")
DENSE = parse("dense 1 4 | 1 | | d", "alpha")
PRINT = check.fingerprint([np.ones(5)])


class Answers:
    """Children that answer at once; `replies` are what single systems say instead."""

    def __init__(self, **replies):
        self.asked, self.seconds, self.replies = [], [], replies

    def ask(self, name, do, **request):
        self.asked.append((name, do))
        if do == "turn":
            self.seconds.append(request["seconds"])
            return {"seconds": float(len(self.asked))}
        reply = {"first": 0.5, "fingerprint": PRINT, "error": 0.0, "algorithm": "direct"}
        reply |= self.replies.get(name.replace("-", "_"), {})
        if "dies" in reply:
            raise ChildError(f"{name}: {reply['dies']}")
        return reply

    def end(self):
        self.asked.append(("everyone", "end"))

    def turns(self):
        return [name for name, do in self.asked if do == "turn"]


def test_rounds_interleave():
    answers = Answers()
    result = driver.measure(answers, CONV, "forward", Plan(1, rounds=3))
    systems = ["fastconv", "torch", "torch-channels-last"]
    assert answers.asked[:3] == [(name, "prepare") for name in systems]
    assert answers.turns() == systems * 3
    assert result.rounds == {"fastconv": [4, 7, 10], "torch": [5, 8, 11], "torch-channels-last": [6, 9, 12]}
    assert result.first == dict.fromkeys(systems, 0.5)
    assert (result.failure, result.algorithm) == ("", "direct")


def test_memory_is_taken_where_a_system_tells_it():
    answers = Answers(fastconv={"memory": 1000}, torch={"memory": None})
    assert driver.measure(answers, CONV, "forward", Plan(1)).memory == {"fastconv": 1000}


def test_each_pass_of_a_network_has_fresh_processes():
    answers = Answers()
    network = parse("network 3 12 | | | autoencoder 3")
    list(driver.run(answers, [DENSE, network], Plan(1, rounds=1, packages=(), passes=("forward", "train"))))
    asked = [("fastconv", "prepare"), ("numpy", "prepare"), ("fastconv", "turn"), ("numpy", "turn")]
    assert answers.asked == [*asked, ("everyone", "end"), ("fastconv", "prepare"), ("fastconv", "turn")]


def test_the_time_of_a_turn_is_its_part_of_the_seconds():
    answers = Answers()
    driver.measure(answers, DENSE, "forward", Plan(1, seconds=2.0, rounds=4, packages=()))
    assert answers.seconds == [0.5] * 8


@pytest.mark.parametrize(
    ("replies", "failure"),
    [
        (
            {"fastconv": {"error": 0.5}},
            "fastconv: the result is off the reference by 0.5 of its magnitude",
        ),
        ({"fastconv": {"error": float("nan")}}, "fastconv: the result is off the reference by nan"),
        (
            {"torch_channels_last": {"fingerprint": check.fingerprint([np.ones(6)])}},
            "fastconv: the result differs from that of torch-channels-last: shape (5,), not (6,)",
        ),
        ({"torch": {"dies": "ended by signal 11"}}, "torch: ended by signal 11"),
    ],
)
def test_what_is_wrong_is_not_timed(replies, failure):
    answers = Answers(**replies)
    result = driver.measure(answers, CONV, "forward", Plan(1))
    assert result.failure.startswith(failure)
    assert (result.rounds, answers.turns()) == ({}, [])


def test_rows_and_passes():
    answers = Answers()
    loss = parse("cross_entropy 4 3 | | | x")
    results = list(driver.run(answers, [CONV, loss], Plan(1, rounds=1, passes=("weight", "both"))))
    assert [(result.row, result.which) for result in results] == [(CONV, "weight"), (loss, "both")]


def test_the_parent_loads_no_system():
    statement = "import sys, fastconv.cli.bench; print(*{name.partition('.')[0] for name in sys.modules})"
    child = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    assert "fastconv" in child.stdout.split()
    assert not {"numba", "torch"} & set(child.stdout.split())


def test_those_say_what_they_are_who_have_rows():
    class Saying:
        def ask(self, name, do):
            return {"system": {name: do}}

    network = parse("network 3 12 | | predict | autoencoder 3")
    plan = Plan(1, packages=("torch", "onnxruntime"))
    assert [*driver.describe(Saying(), [CONV], plan)] == ["fastconv", "numpy", "torch-channels-last"]
    assert [*driver.describe(Saying(), [CONV, network], plan)][3:] == ["onnxruntime"]
