"""`fastconv bench`: layers of real networks, side by side with PyTorch and NumPy."""

import argparse
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from fastconv import __version__, reports
from fastconv.benchmark import driver, picture, report, rows
from fastconv.benchmark.child import Children
from fastconv.benchmark.results import Peak, Result, slow
from fastconv.cli import text

QUICK = {"seconds": 0.1, "rounds": 3}
BUSY = 0.3
"""Load of the machine before the start from which on the figures are not to be trusted."""


def run(options: argparse.Namespace) -> int:
    """Measure, print each result as it comes, and write the run folder; 1 when a row could not be timed."""
    chosen = [row for name in options.set or rows.names() for row in rows.read(name)]
    if options.quick:
        chosen = [row for row in chosen if row.quick]
    plan = _plan(options)
    wanted = driver.work_list(chosen, plan.passes)
    if not wanted:
        quick = " and --quick" if options.quick else ""
        raise ValueError(f"--set, --passes{quick}: got no row, needs at least one pass of one row")
    out = None if options.out is None else reports.run_folder(Path(options.out))
    results: list[Result] = []
    about: dict[str, str] = {}
    peak: Peak | None = None
    incomplete = ""
    with Children(plan.threads) as children:
        about = _about(children, plan)
        peak = driver.peak(children)
        ...
    return 0
