import pytest

from fastconv.benchmark.ranks import launch


def test_two_ranks_and_one_process(monkeypatch):
    pytest.importorskip("mpi4py")
    monkeypatch.setitem(launch.NETWORKS, "digits", "8x1x8x8")
    alone = launch.measure("digits", 0, 0, 0.01, threads=2)
    assert (alone.ranks, alone.threads, alone.messages) == (0, 2, 0)
    both = launch.measure("digits", 2, 4, 0.01)
    assert both.steps >= 5
    assert both.inside > 0
    assert both.parameters == 4 * 13706
    # The gradients, 10 logits of 4 images and their targets, and how many samples there are.
    assert both.bytes == pytest.approx(both.parameters * 1.5 + 4 * (40 + 8), rel=0.01)
    assert both.latency > 0
    assert both.bandwidth > 0


def test_a_run_that_fails(monkeypatch):
    monkeypatch.setitem(launch.NETWORKS, "digits", "8x1x2x2")
    with pytest.raises(ValueError, match="--ranks: 0 ranks of digits ended: ValueError: "):
        launch.measure("digits", 0, 0, 0.01)


def test_without_a_launcher(monkeypatch, tmp_path):
    monkeypatch.setattr(launch.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="--ranks: got no mpiexec, needs one"):
        launch.mpiexec()
