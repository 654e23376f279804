"""The results as bench.csv, for programs, and bench.md, for people."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from fastconv.benchmark import work
from fastconv.benchmark.peers import OURS
from fastconv.benchmark.results import EVEN, Peak, Result, means, slow
from fastconv.benchmark.rows import PASSES

TITLES = {
    OURS: "fastconv",
    "torch": "PyTorch",
    "torch-channels-last": "PyTorch channels-last",
    "torch-fused": "PyTorch fused",
    "numpy": "NumPy",
    "jax-nchw": "JAX NCHW",
    "jax-nhwc": "JAX NHWC",
    "onnxruntime": "onnxruntime",
}
"""Each system as the head of a column."""

NOTES = f"""\
- Every system runs in a process of its own, with the same number of threads. Rounds interleave (A B C A B C).
  A time is the median over the rounds of the median of a round. Results are compared before they are timed.
- ratio: the time of the fastest peer (in bold) / the time of fastconv. Above 1 fastconv is faster,
  from {EVEN} on it counts as not slower. spread: the smallest and the largest ratio of a round.
- GFLOP/s count the operations of the definition, so that an algorithm that needs fewer can pass the peak.
  GB/s count each array once, so that what stays in a cache can pass the bandwidth."""

MEMORY = """\
How far the peak of a process (its resident set) during calls of a pass is above what it held before the pass
was laid out, when everything was loaded and compiled: parameters, gradients and states, the batch, results
and what the system keeps between calls. A first call, which compiles, counts with what stays of it alone."""

FIRST_CALLS = (
    "The first call of each pass compiles, or reads what an earlier run compiled. It is in no time above."
)


def write(
    folder: Path, results: Sequence[Result], about: Mapping[str, str], peak: Peak, incomplete: str = ""
) -> None:
    """Write bench.csv and bench.md; `about` is the head, `incomplete` says why results are missing."""
    write_csv(folder / "bench.csv", results, peak)
    (folder / "bench.md").write_text(markdown(results, about, peak, incomplete), encoding="utf-8")


def write_csv(path: Path, results: Sequence[Result], peak: Peak) -> None:
    """One line a pass of a row; times in microseconds; empty where there is nothing to say."""
    head = ["set", "layer", "kind", "shape", "pass", "algorithm", *(f"{name}_us" for name in TITLES)]
    head += ["best_peer", "ratio", "ratio_low", "ratio_high", "gflops", "percent_of_peak"]
    head += ["gbytes_per_s", "percent_of_bandwidth", *(f"{name}_first_call_s" for name in TITLES)]
    head += [*(f"{name}_mb" for name in TITLES), "failure"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        for r in results:
            operations = r.operations or math.nan
            figures = [1e6 * r.seconds(name) for name in TITLES]
            rates = [r.ratio, *r.spread, operations / 1e9, 100 * operations / peak.operations]
            rates += [r.bytes / 1e9, 100 * r.bytes / peak.bytes]
            rates += [r.first.get(name, math.nan) for name in TITLES]
            rates += [r.memory.get(name, math.nan) / 1e6 for name in TITLES]
            cells = [*map(_plain, figures), r.best_peer, *map(_plain, rates), r.failure]
            what = [r.row.set, r.row.name, r.row.kind, r.row.described, r.which, r.algorithm]
            writer.writerow([*what, *cells])


def markdown(results: Sequence[Result], about: Mapping[str, str], peak: Peak, incomplete: str = "") -> str:
    """The whole report: head, means, what is slower, a table for each set, first calls."""
    parts = ["# Benchmark", table([("", ""), *about.items()], "<<")]
    if incomplete:
        parts.append(f"**INCOMPLETE: {incomplete}**")
    parts.append(NOTES)
    if any(r.best_peer for r in results):
        parts += ["## Geometric means of the ratios", means_table(results)]
        parts += [f"## Slower than {EVEN}", slow_table(results)]
    failed = [f"- {place(r)}: {r.failure}" for r in results if r.failure]
    if failed:
        parts += ["## Not timed", "\n".join(failed)]
    for name in dict.fromkeys(r.row.set for r in results if r.rounds):
        members = [r for r in results if r.row.set == name and r.rounds]
        parts += [f"## {name}", set_table(members, peak)]
        if any(r.memory for r in members):
            parts += [f"## {name}: peak memory", MEMORY, memory_table(members)]
    parts += ["## First calls", FIRST_CALLS, first_calls_table(results)]
    return "\n\n".join(parts) + "\n"


def means_table(results: Sequence[Result]) -> str:
    """Geometric means of the ratios by set and pass."""
    passes = [which for which in PASSES if any(r.which == which for r in results)]
    rows = [["set", *(PASSES[which] for which in passes), "all"]]
    for name, by_pass, total in means(results):
        rows.append([name, *(ratio(by_pass.get(which, math.nan)) for which in passes), ratio(total)])
    return table(rows, "<" + ">" * (len(passes) + 1))


def slow_table(results: Sequence[Result]) -> str:
    """Every pass in which a peer is faster, the slowest first."""
    rows = [["ratio", "spread", "set", "layer", "pass", "shape", "faster"]]
    for r in slow(results):
        name = TITLES[r.best_peer] if r.best_peer else ""
        layer = [r.row.set, r.row.name, PASSES[r.which], r.row.described]
        rows.append([ratio(r.ratio), _spread(r), *layer, name])
    return table(rows, ">><<<<<") if len(rows) > 1 else "None."


def set_table(results: Sequence[Result], peak: Peak) -> str:
    """A line a pass of a row; times in microseconds, those of the best peer in bold."""
    systems = [name for name in TITLES if any(name in r.rounds for r in results)]
    peers = any(r.best_peer for r in results)
    arithmetic = any(work.operations(r.row, r.which) for r in results)
    chosen = any(r.algorithm for r in results)
    head = ["layer", "shape", "pass", *["algorithm"] * chosen, *(f"{TITLES[name]} µs" for name in systems)]
    head += ["ratio", "spread"] * peers + ["GFLOP/s", "% of peak"] * arithmetic + ["GB/s", "% of bandwidth"]
    rows = [head]
    last = None
    for r in results:
        cells = ["", ""] if r.row == last else [r.row.name, r.row.described]
        cells += [PASSES[r.which], *[r.algorithm] * chosen, *(_time(r, name) for name in systems)]
        cells += [ratio(r.ratio), _spread(r)] * peers
        cells += [*_rates(r.operations, peak.operations)] * arithmetic
        rows.append([*cells, *_rates(r.bytes, peak.bytes)])
        last = r.row
    return table(rows, "<<<" + "<" * chosen + ">" * (len(head) - 3 - chosen))


def memory_table(results: Sequence[Result]) -> str:
    """A line a pass of a row: megabytes (10^6 bytes) of each system."""
    systems = [name for name in TITLES if any(name in r.memory for r in results)]
    rows = [["layer", "shape", "pass", *(f"{TITLES[name]} MB" for name in systems)]]
    last = None
    for r in results:
        cells = ["", ""] if r.row == last else [r.row.name, r.row.described]
        figures = (r.memory.get(name) for name in systems)
        rows.append([*cells, PASSES[r.which], *("-" if f is None else f"{f / 1e6:.1f}" for f in figures)])
        last = r.row
    return table(rows, "<<<" + ">" * len(systems))


def first_calls_table(results: Sequence[Result]) -> str:
    """What stays outside the times: compilation, reading compiled kernels, what the peers prepare."""
    rows = [["system", "first calls", "seconds in all", "longest"]]
    for name, title in TITLES.items():
        times = [r.first[name] for r in results if name in r.first]
        if times:
            rows.append([title, str(len(times)), f"{sum(times):.1f}", f"{max(times):.2f}"])
    return table(rows, "<>>>")


def table(rows: Sequence[Sequence[str]], align: str) -> str:
    """A Markdown table, in columns for those who read it as it is; the first row is the head."""
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(align))]
    rule = [
        f":{'-' * (width - 1)}" if side == "<" else f"{'-' * (width - 1)}:"
        for side, width in zip(align, widths, strict=True)
    ]
    lines = []
    for row in (rows[0], rule, *rows[1:]):
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def place(result: Result) -> str:
    """Where a result belongs: set, layer, pass."""
    return f"{result.row.set}, {result.row.name}, {PASSES[result.which]}"


def ratio(value: float) -> str:
    """A ratio with two decimals, a dash for none."""
    return "-" if math.isnan(value) else f"{value:.2f}"


def duration(seconds: float) -> str:
    """A time in microseconds, three digits or all before the point; a dash for none."""
    value = 1e6 * seconds
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.{2 if value < 9.995 else 1}f}"


def rate(result: Result, peak: Peak) -> str:
    """The rate of arithmetic, or of memory where there is no arithmetic, and its share of the peak."""
    if result.operations:
        return "{} GFLOP/s ({} %)".format(*_rates(result.operations, peak.operations))
    return "{} GB/s ({} %)".format(*_rates(result.bytes, peak.bytes))


def _rates(value: float, most: float) -> tuple[str, str]:
    """A rate in 10^9 a second, and its percentage of the most; dashes where there is nothing to count."""
    return (f"{value / 1e9:.3g}", f"{100 * value / most:.0f}") if value else ("-", "-")


def _plain(figure: float) -> str:
    return "" if math.isnan(figure) else f"{figure:.4g}"


def _time(result: Result, system: str) -> str:
    text = duration(result.seconds(system))
    return f"**{text}**" if system == result.best_peer else text


def _spread(result: Result) -> str:
    low, high = result.spread
    return "-" if math.isnan(low) else f"{low:.2f} to {high:.2f}"
