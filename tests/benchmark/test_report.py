import csv
import re

import pytest

from fastconv.benchmark import report
from fastconv.benchmark.results import Peak

PEAK = Peak(2e9, 4e9)


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture
def written(made_up, tmp_path):
    report.write(tmp_path, made_up, {"CPU": "made up", "threads": "2"}, PEAK)
    return tmp_path


def test_the_report_for_people(written):
    lines = (written / "bench.md").read_text(encoding="utf-8").splitlines()
    titles = [line for line in lines if line.startswith("#")]
    assert titles == [
        "# Benchmark",
        "## Geometric means of the ratios",
        "## Slower than 0.97",
        "## Not timed",
        "## alpha",
        "## alpha: peak memory",
        "## beta",
        "## First calls",
    ]
    tables = [cells(line) for line in lines if line.startswith("|")]
    assert ["CPU", "made up"] in tables
    assert ["alpha", "1.50", "-", "0.50", "0.87"] in tables
    shape = "1x2x10x10, 5 of 1x1"
    assert ["0.50", "0.50 to 0.50", "alpha", "first", "weight gradient", shape, "PyTorch"] in tables
    assert "- beta, second, input gradient: torch: ended by signal 11" in lines
    first = ["first", shape, "forward", "direct", "2.00", "8.00", "**3.00**", "1.50", "0.50 to 3.00"]
    assert [*first, "1", "50", "1.42", "36"] in tables
    again = ["", "", "weight gradient", "uncopied", "4.00", "**2.00**", "-", "0.50", "0.50 to 0.50"]
    assert [*again, "0.5", "25", "0.71", "18"] in tables
    assert ["first", shape, "forward", "2.5", "31.0"] in tables
    assert ["", "", "weight gradient", "-", "-"] in tables
    assert ["second", "250", "forward", "1.00", "**0.98**", "0.98", "0.98 to 0.98", "2", "50"] in tables
    assert ["fastconv", "2", "2.0", "1.50"] in tables
    assert "INCOMPLETE" not in "\n".join(lines)


def test_every_table_is_one(written):
    blocks = re.findall(r"(?:^\|.*\n)+", (written / "bench.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(blocks) == 7
    for block in blocks:
        assert len({len(line) for line in block.splitlines()}) == 1


def test_the_report_for_programs(written):
    with (written / "bench.csv").open(newline="", encoding="utf-8") as file:
        first, _, relu, failed = csv.DictReader(file)
    assert (first["set"], first["layer"], first["pass"], first["best_peer"]) == (
        *("alpha", "first", "forward", "torch-channels-last"),
    )
    numbers = {"fastconv_us": 2, "torch_us": 8, "ratio": 1.5, "ratio_low": 0.5, "ratio_high": 3}
    numbers |= {"gflops": 1, "percent_of_peak": 50, "gbytes_per_s": 1.42, "percent_of_bandwidth": 35.5}
    numbers |= {"fastconv_first_call_s": 1.5, "fastconv_mb": 2.5, "torch-channels-last_mb": 31}
    assert {name: float(first[name]) for name in numbers} == pytest.approx(numbers)
    empty = first["numpy_us"], first["torch_mb"], relu["gflops"], failed["fastconv_us"], failed["ratio"]
    assert empty == ("",) * 5
    assert failed["failure"] == "torch: ended by signal 11"


def test_without_peers(made_up, tmp_path):
    alone = [type(r)(r.row, r.which, {"fastconv": r.rounds["fastconv"]}) for r in made_up[:3]]
    text = report.markdown(alone, {}, PEAK)
    assert "ratio |" not in text
    assert "Geometric" not in text
    assert "GFLOP/s | % of peak" in text


def test_nothing_slower(made_up):
    assert "## Slower than 0.97\n\nNone.\n" in report.markdown(made_up[:1], {}, PEAK)


def test_a_run_that_ended_early(made_up):
    assert "**INCOMPLETE: interrupted**" in report.markdown(made_up, {}, PEAK, "interrupted")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.234e-7, "0.12"),
        (9.994e-6, "9.99"),
        (9.996e-6, "10.0"),
        (9.994e-5, "99.9"),
        (9.996e-5, "100"),
        (0.0123456, "12,346"),
        (float("nan"), "-"),
    ],
)
def test_durations(seconds, text):
    assert report.duration(seconds) == text


def test_rates(made_up):
    assert report.rate(made_up[0], PEAK) == "1 GFLOP/s (50 %)"
    assert report.rate(made_up[2], PEAK) == "2 GB/s (50 %)"
