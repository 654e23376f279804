"""The table of algorithms: what it says, and that the tests of this folder meet every row."""

import re
from pathlib import Path

import pytest

from fastconv.kernels.conv.table import PASSES, TABLE, passes
from fastconv.kernels.engine import machine
from tests.kernels.conv.cases import ALL, AVX512, EVERY_ALGORITHM

MANUAL = Path(__file__).resolve().parents[3] / "kernels" / "README.md"


@pytest.fixture
def avx512(monkeypatch):
    """The choice of a machine with AVX-512, whatever this one is."""
    monkeypatch.setattr(machine, "vectors", lambda: AVX512)
    machine.tile.cache_clear()
    yield
    machine.tile.cache_clear()


@pytest.mark.usefixtures("avx512")
def test_every_case_meets_the_algorithms_that_it_is_there_for():
    met = {str(case): case.chosen(16) for case in ALL}
    assert met == {str(case): case.algorithms for case in ALL}


def test_the_cases_meet_every_row_on_this_machine():
    """But Winograd's: the tests of `winograd/` ask for it by name."""
    met = {pair for case in ALL for pair in zip(PASSES, case.chosen().split(), strict=True)}
    others = [row for row in TABLE if not row.name.startswith("winograd")]
    assert {(which, row.name) for row in others for which in passes(row)} <= met


def test_few_cases_meet_every_row_too():
    met = {pair for case in EVERY_ALGORITHM for pair in zip(PASSES, case.algorithms.split(), strict=True)}
    every = {pair for case in ALL for pair in zip(PASSES, case.algorithms.split(), strict=True)}
    assert met == every


def test_the_manual_has_the_table():
    section = MANUAL.read_text(encoding="utf-8").split("## Which convolution")[1].split("\n## ")[0]
    written = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    assert written == [(row.name, ", ".join(passes(row)), row.where, row.why) for row in TABLE]
