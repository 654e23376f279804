"""`--parallel`: one command in many processes, of which the first one speaks and writes."""

import argparse
import os
import sys
from pathlib import Path

from fastconv.training.parallel import MPI


def read(options: argparse.Namespace) -> MPI | None:
    """The ranks, or None; what another than rank 0 prints from now on is seen by nobody."""
    if options.parallel is None:
        return None
    parallel = MPI(int(options.parallel.partition(":")[2]))
    if parallel.rank:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    return parallel
