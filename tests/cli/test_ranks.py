import argparse

import pytest

from fastconv.cli import ranks
from fastconv.cli.arguments import parse


def test_no_ranks():
    assert ranks.read(argparse.Namespace(parallel=None)) is None


def test_one_rank_speaks(capsys):
    pytest.importorskip("mpi4py")
    parallel = ranks.read(parse(["train", "--parallel", "mpi:4"]))
    assert (parallel.ranks, parallel.shards) == (1, 4)
    print("heard")
    assert capsys.readouterr().out == "heard\n"


@pytest.mark.parametrize(("text", "kept"), [("mpi", "mpi:8"), ("mpi:16", "mpi:16")])
def test_what_stands_after_parallel(text, kept):
    assert parse(["train", "--parallel", text]).parallel == kept


@pytest.mark.parametrize("text", ["threads", "mpi:0", "mpi:x", ""])
def test_what_does_not(text):
    with pytest.raises(ValueError, match="--parallel"):
        parse(["train", "--parallel", text])
