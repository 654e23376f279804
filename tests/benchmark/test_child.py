"""Children that work, that fail, and that are gone."""

import numpy as np
import pytest

from fastconv.benchmark import check
from fastconv.benchmark.child import ChildError, Children
from fastconv.benchmark.numpy_peer import NumPy
from fastconv.benchmark.rows import parse

ROW = parse("dense 5 7 | 6 | bias | d")


@pytest.fixture(scope="module")
def children():
    with Children(1) as started:
        yield started


def test_the_same_numbers_in_another_process(children):
    reply = children.ask("numpy", "prepare", line=ROW.line, which="forward")
    task = NumPy().task(ROW, "forward")
    assert check.difference(check.fingerprint(task.arrays(task.call())), reply["fingerprint"]) == ""
    assert children.ask("numpy", "turn", seconds=0)["seconds"] > 0


def test_what_a_system_says_of_itself(children):
    said = children.ask("numpy", "describe")["system"]
    assert said["NumPy"].startswith(f"{np.__version__}, ")


def test_an_error_in_a_child_is_one_line_and_not_its_end(children):
    children.ask("numpy", "describe")
    before = children.children["numpy"]
    with pytest.raises(ChildError, match=r"^numpy: ValueError: got kind 'cnv', needs one of conv, [^\n]*$"):
        children.ask("numpy", "prepare", line="cnv", which="forward")
    assert children.ask("numpy", "describe")
    assert children.children["numpy"] is before


def test_a_child_that_has_ended_is_started_again(children):
    children.ask("numpy", "describe")
    process = children.children["numpy"].process
    process.kill()
    process.wait()
    assert children.ask("numpy", "describe")
    assert children.children["numpy"].process.pid != process.pid


def test_all_children_end_and_begin_anew():
    with Children(1) as started:
        started.ask("numpy", "describe")
        process = started.children["numpy"].process
        started.end()
        assert process.poll() is not None
        assert started.ask("numpy", "describe")


def test_a_child_that_ends_says_why():
    said = r"^nobody: ended with status 1: KeyError: 'nobody'$"
    with Children(1) as started, pytest.raises(ChildError, match=said):
        started.ask("nobody", "describe")


def test_a_peer_loads_nothing_of_the_kernels(children):
    """Two OpenMP runtimes in one process would slow each other down."""
    children.ask("numpy", "describe")
    maps = f"/proc/{children.children['numpy'].process.pid}/maps"
    try:
        with open(maps, encoding="utf-8") as file:  # noqa: PTH123 (not every system has it)
            loaded = file.read()
    except FileNotFoundError:
        pytest.skip("this system does not say what a process has loaded")
    assert "numpy" in loaded
    assert "llvmlite" not in loaded
