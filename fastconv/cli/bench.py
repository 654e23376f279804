"""`fastconv bench`: layers of real networks and whole ones, side by side with other libraries."""

import argparse
import contextlib
import os
import platform
from importlib import metadata
from pathlib import Path

from fastconv import __version__
from fastconv.benchmark import driver, peers, picture, report, rows
from fastconv.benchmark.child import Children
from fastconv.benchmark.results import Peak, Result, slow
from fastconv.cli import reports, scaling
from fastconv.markup import columns

SECONDS, ROUNDS = 0.25, 5
QUICK_SECONDS, QUICK_ROUNDS = 0.1, 3
"""With --quick."""
WIDTHS = (12, 36, 18, 9, 6, 31, 20)
"""Of the columns on the screen."""


def run(options: argparse.Namespace) -> int:
    """Measure, print each result as it comes, and write the run folder; 1 when a row could not be timed."""
    if options.ranks:
        return scaling.run(options)
    if options.steps and options.set:
        raise ValueError("--steps: got it beside --set, needs one of them")
    sets = (rows.NETWORKS,) if options.steps else options.set or rows.names()
    chosen = [row for name in sets for row in rows.read(name)]
    chosen = [row for row in chosen if row.quick or not options.quick]
    plan = _plan(options)
    if not driver.work_list(chosen, plan.passes):
        raise ValueError("--set, --passes and --quick: got no row, needs at least one pass of one row")
    existed = options.out is not None and Path(options.out).exists()
    if options.out is not None:
        folder = reports.run_folder(Path(options.out))
    else:
        folder = reports.numbered_folder(Path("runs"), "bench")
    try:
        return _run(chosen, plan, folder)
    finally:
        # A run that ended before it wrote anything leaves no empty folder behind.
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _run(chosen: list[rows.Row], plan: driver.Plan, folder: Path) -> int:
    results: list[Result] = []
    with Children(plan.threads) as children:
        about = _about(driver.describe(children, chosen, plan), len(chosen), plan)
        print(columns(list(about.items()), "<<"))
        peak = driver.peak(children, plan)
        print(columns(list(_peaks(peak).items()), "<<"), end="\n\n")
        _line("set", "layer", "pass", "µs", "ratio", "fastest peer", "rate (of the peak)")
        incomplete = "the run ended early"
        try:
            for result in driver.run(children, chosen, plan):
                results.append(result)
                _show(result, peak)
            peak = peak.best(driver.peak(children, plan))
            incomplete = ""
        finally:
            # What has been measured is written, even if an error ended the run.
            if results:
                report.write(folder, results, {**about, **_peaks(peak)}, peak, incomplete)
    if reports.can_draw():
        picture.draw(folder / "bench.png", results, peak)
    _conclude(results, peak)
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    return 1 if any(result.failure for result in results) else 0


def _plan(options: argparse.Namespace) -> driver.Plan:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = options.threads or cores
    if threads > cores:
        raise ValueError(f"--threads: got {threads}, needs 1 to {cores} on this machine")
    seconds, rounds = (QUICK_SECONDS, QUICK_ROUNDS) if options.quick else (SECONDS, ROUNDS)
    passes = options.passes or tuple(rows.PASSES)
    without = {*(options.without or ()), *(["torch"] if options.no_torch else [])}
    packages = tuple(name for name in peers.installed() if name not in without)
    return driver.Plan(threads, options.seconds or seconds, rounds, passes, packages)


def _about(said: dict[str, str], count: int, plan: driver.Plan) -> dict[str, str]:
    """The machine, the versions and the plan, for the head of the report."""
    versions = f"{__version__}, Numba {metadata.version('numba')}, Python {platform.python_version()}"
    return {
        "CPU": f"{_cpu()}, {said['CPU']}, {said['vectors']}",
        "threads": str(plan.threads),
        "fastconv": f"{versions}, threading layer {said['threading layer']}",
        **{title: said.get(title, _missing(name, plan)) for name, title in peers.PACKAGES.items()},
        "NumPy": said["NumPy"],
        "rows": f"{count}, in {plan.rounds} rounds, {plan.seconds:g} s for each pass in each system",
    }


def _missing(package: str, plan: driver.Plan) -> str:
    """Why a peer says nothing of itself."""
    if package in plan.packages:
        return "no peer of these rows"
    return f"left out: --without {package}" if package in peers.installed() else "not installed"


def _cpu() -> str:
    """The processor's trade name, where the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _peaks(peak: Peak) -> dict[str, str]:
    measured = f"{peak.operations / 1e9:.0f} GFLOP/s float32, {peak.bytes / 1e9:.1f} GB/s copied"
    return {"peak": measured, "busy": peak.busy} if peak.busy else {"peak": measured}


def _show(result: Result, peak: Peak) -> None:
    row = (result.row.set, result.row.name, rows.PASSES[result.which])
    if result.failure:
        _line(*row, "-", "-", result.failure)
        return
    peer = result.best_peer
    fastest = f"{report.TITLES[peer]} {report.duration(result.seconds(peer))}" if peer else "-"
    times = (report.duration(result.seconds()), report.ratio(result.ratio))
    _line(*row, *times, fastest, report.rate(result, peak))


def _line(*cells: str) -> None:
    sides = "<<<>><<"
    texts = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, sides, WIDTHS, strict=False))
    print("  ".join(texts).rstrip(), flush=True)


def _conclude(results: list[Result], peak: Peak) -> None:
    """Means, what is slower, what failed."""
    print()
    if any(result.best_peer for result in results):
        print("geometric means of the ratios (time of the fastest peer / time of fastconv)")
        print(report.means_table(results), end="\n\n")
        compared = sum(result.best_peer is not None for result in results)
        print(f"{len(slow(results))} of {compared} slower than {report.EVEN}; bench.md lists them")
    else:
        print("no ratios: nothing to compare with; PyTorch would be a peer: pip install torch")
    failed = [result for result in results if result.failure]
    for result in failed:
        print(f"NOT TIMED: {report.place(result)}: {result.failure}")
    if peak.busy:
        print(peak.busy)
    if not reports.can_draw():
        print("no picture without matplotlib: pip install 'fastconv[plots]'")
