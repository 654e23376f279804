import pytest

from fastconv.benchmark import picture
from fastconv.benchmark.results import Peak, Result

pytest.importorskip("matplotlib")
PEAK = Peak(2e9, 4e9)


def test_ratios(made_up, drawn):
    texts = drawn(made_up)
    assert {"alpha", "beta", "first", "second"} <= set(texts)
    assert {"forward, optimizer step", "weight gradient"} <= set(texts)
    assert "input gradient, loss and gradient" not in texts  # nothing of it was timed
    assert {"1.50, 50 %", "0.50, 25 %", "0.98, 50 %", "mean 1.50", "mean 0.50", "mean 0.98"} <= set(texts)


def test_a_busy_machine_is_named(made_up, drawn):
    assert not any("NOT TO BE TRUSTED" in text for text in drawn(made_up))
    busy = drawn(made_up, Peak(2e9, 4e9, 0.9))
    assert any("other programs took 10% of the CPU" in text for text in busy)


def test_percentages_without_peers(made_up, drawn):
    texts = drawn([Result(r.row, r.which, {"fastconv": r.rounds["fastconv"]}) for r in made_up[:3]])
    assert {"50 %", "25 %"} <= set(texts)
    assert not [text for text in texts if text.startswith("mean")]


def test_the_file(made_up, tmp_path):
    path = tmp_path / "bench.png"
    picture.draw(path, made_up, PEAK)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_nothing_to_draw(made_up, tmp_path):
    picture.draw(tmp_path / "bench.png", made_up[3:], PEAK)
    assert not list(tmp_path.iterdir())
