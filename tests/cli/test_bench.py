import csv

import pytest

from fastconv.benchmark import driver
from fastconv.benchmark.results import Peak, Result
from fastconv.benchmark.rows import parse
from fastconv.cli import reports
from fastconv.cli.arguments import parse as parse_arguments

ROWS = "# two rows\nconv 1 1 6 6 | 1 3 3 | | conv\ndense 2 4 | 3 | bias quick | dense\n"
PEAK = Peak(2e9, 4e9)
TINY = ("--threads", 1, "--seconds", 0.001)


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(ROWS)
    return path


def test_two_rows_without_pytorch(fastconv, rows, tmp_path):
    out = tmp_path / "run"
    result = fastconv("bench", "--set", rows, "--no-torch", *TINY, "--out", out)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[1].split() == ["threads", "1"]
    assert lines[3].startswith("PyTorch    ")
    assert [line.split()[:3] for line in lines if line.startswith("mine")] == [
        *(["mine", "conv", which] for which in ("forward", "input", "weight")),
        *(["mine", "dense", which] for which in ("forward", "input", "weight")),
    ]
    pictures = ["bench.png"] if reports.can_draw() else []
    assert lines[-1] == f"{out}: {', '.join(['bench.csv', 'bench.md', *pictures])}"
    with (out / "bench.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["best_peer"] for row in table] == [""] * 3 + ["numpy"] * 3
    assert all(float(row["fastconv_us"]) > 0 for row in table)
    assert not any(row["failure"] for row in table)


@pytest.mark.torch
def test_a_quick_run_with_pytorch(fastconv, rows, tmp_path):
    pytest.importorskip("torch")
    out = tmp_path / "run"
    result = fastconv("bench", "--set", rows, "--quick", "--passes", "weight", *TINY, "--out", out)
    assert (result.status, result.err) == (0, "")
    with (out / "bench.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["layer"], row["pass"]) == ("dense", "weight")
    assert all(float(row[f"{name}_us"]) > 0 for name in ("fastconv", "torch", "numpy"))


@pytest.fixture
def run(fastconv, monkeypatch, rows, tmp_path):
    """The command with results that nobody measured; an exception among them is raised. Result and folder."""

    def command(*results, peak=PEAK):
        def give(children, chosen, plan):
            for result in results:
                if isinstance(result, BaseException):
                    raise result
                yield result

        said = {"CPU": "z", "vectors": "wide", "threading layer": "none", "NumPy": "2", "PyTorch": "3"}
        monkeypatch.setattr(driver, "describe", lambda children, chosen, plan: said)
        monkeypatch.setattr(driver, "peak", lambda children, plan: peak)
        monkeypatch.setattr(driver, "run", give)
        folder = tmp_path / "run"
        return fastconv("bench", "--set", rows, "--threads", 1, "--out", folder), folder

    return command


DENSE = parse("dense 2 4 | 3 | | dense", "mine")
GOOD = Result(DENSE, "forward", {"fastconv": [2e-6], "numpy": [1e-6], "torch": [4e-6]}, {"fastconv": 1.0})
FAILED = Result(DENSE, "weight", failure="fastconv: ended by signal 11")


def test_what_is_printed(run):
    result, _ = run(GOOD)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert "peak   2 GFLOP/s float32, 4.0 GB/s copied" in lines
    (line,) = (line for line in lines if line.startswith("mine"))
    assert line.split()[:7] == ["mine", "dense", "forward", "2.00", "0.50", "NumPy", "1.00"]
    assert line.endswith(" 0.024 GFLOP/s (1 %)")
    assert "1 of 1 slower than 0.97; bench.md lists them" in lines
    assert "NOT TO BE TRUSTED" not in result.out


def test_a_row_that_failed(run):
    result, folder = run(GOOD, FAILED)
    assert (result.status, result.err) == (1, "")
    assert "NOT TIMED: mine, dense, weight gradient: fastconv: ended by signal 11" in result.out.splitlines()
    assert "## Not timed" in (folder / "bench.md").read_text()


def test_an_interrupted_run_keeps_what_it_has(run):
    result, folder = run(GOOD, KeyboardInterrupt())
    assert (result.status, result.err) == (130, "fastconv: error: interrupted\n")
    report = (folder / "bench.md").read_text()
    assert "**INCOMPLETE: the run ended early**" in report
    assert "mine" in report


def test_a_run_without_a_result_leaves_no_folder(run):
    result, folder = run(ValueError("nothing"))
    assert (result.status, result.err) == (2, "fastconv: error: nothing\n")
    assert not folder.exists()


def test_a_busy_machine_is_named(run):
    result, folder = run(GOOD, peak=Peak(2e9, 4e9, 0.6))
    said = "other programs took 40% of the CPU: THESE FIGURES ARE NOT TO BE TRUSTED"
    assert result.out.count(said) == 2  # before the first row, and at the end
    assert said in (folder / "bench.md").read_text()


def test_defaults():
    options = vars(parse_arguments(["bench"]))
    assert options == {
        "command": "bench",
        "set": None,
        "passes": None,
        "threads": None,
        "seconds": None,
        "quick": False,
        "steps": False,
        "without": None,
        "no_torch": False,
        "ranks": None,
        "link": None,
        "out": None,
        "traceback": False,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "vgg,lenett"), "--set: got 'lenett', needs a file FILE.txt or one of networks, lenet, "),
        (("--set", "vgg", "--steps"), "--steps: got it beside --set, needs one of them"),
        (("--set", "vgg,"), "argument --set: got 'vgg,', needs names with commas between them"),
        (("--set", "missing.txt"), "missing.txt: No such file or directory"),
        (
            ("--passes", "backward"),
            "argument --passes: got 'backward', needs one or more of forward",
        ),
        (("--without", "mxnet"), "argument --without: got 'mxnet', needs one or more of torch, "),
        (("--threads", "0"), "argument --threads: got 0, needs a whole number from 1 up"),
        (("--threads", "100000"), "--threads: got 100000, needs 1 to "),
        (("--seconds", "0"), "argument --seconds: got 0, needs a number above 0"),
        (
            ("--set", "optimizers", "--passes", "weight"),
            "--set, --passes and --quick: got no row",
        ),
    ],
)
def test_what_is_refused(refused, arguments, message):
    assert refused("bench", *arguments).startswith(message)


def test_a_folder_in_use_is_refused(refused, rows, tmp_path):
    assert "got a folder with files in it" in refused("bench", "--set", rows, "--out", tmp_path)


def test_a_bad_line_is_refused(refused, tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text("conv 1 1\n")
    assert refused("bench", "--set", path).startswith(f"{path}:1: got 'conv 1 1', needs 'conv N C H W ")
