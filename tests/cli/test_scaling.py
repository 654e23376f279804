import pytest

from fastconv.benchmark.ranks import Figures
from fastconv.cli import main, scaling


@pytest.fixture
def measured(monkeypatch):
    """Figures without a run: one second of one rank, half of it with two, a tenth of that inside MPI."""

    def measure(network, ranks, shards, seconds, threads=1):
        if not ranks:
            return Figures(network, 0, threads, 0.4, 10)
        link = (1e-5, 1e9) if ranks > 1 else (0.0, 0.0)
        return Figures(network, ranks, 1, 1.0 / ranks, 10, 0.05 * (ranks > 1), 3e6, 7, 1000, 4 << 20, *link)

    monkeypatch.setattr(scaling, "measure", measure)
    monkeypatch.setattr(scaling, "NETWORKS", {"lenet5": "64x1x28x28"})


def test_the_tables(measured, tmp_path, capsys):
    assert main(["bench", "--ranks", "1,2", "--out", str(tmp_path / "run")]) == 0
    written = (tmp_path / "run" / "ranks.md").read_text()
    shown = capsys.readouterr().out
    for line in (
        "| no shards |            2 |    400.00 |  1.00 |          - |           - |        - |",
        "|         2 |            1 |    500.00 |  0.80 |    10.00 % |    3,000 kB |        7 |",
    ):
        assert line in written
        assert line in shown
    assert "a forecast: 64x1x28x28 on each rank, 10.0 µs, 1.00 GB/s" in written


def test_another_link(measured, tmp_path, capsys):
    command = ["bench", "--ranks", "1", "--link", "25e-6,1.25e9", "--out", str(tmp_path / "run")]
    assert main(command) == 0
    assert "on each rank, 25.0 µs, 1.25 GB/s" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["--ranks", "0"], ["--ranks", "1,x"], ["--ranks", "1", "--link", "3"]])
def test_what_is_refused(given, capsys):
    assert main(["bench", *given]) == 2
    assert capsys.readouterr().err.startswith("fastconv: error: ")
