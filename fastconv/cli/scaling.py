"""`fastconv bench --ranks`: data-parallel steps of several ranks, and a forecast of many."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from fastconv.benchmark.ranks import NETWORKS, Figures, Link, forecast, measure
from fastconv.benchmark.report import table as markdown_table
from fastconv.cli import reports, text

SECONDS = 3.0
SHARDS = 8
MANY = (1, 2, 4, 8, 16, 32, 64)
"""The ranks of the forecast."""


def run(options: argparse.Namespace) -> int:
    """Measure each network with each number of ranks, forecast more, print both and write ranks.md."""
    seconds = options.seconds or SECONDS
    parts = [table for network in NETWORKS for table in _of(network, options, seconds)]
    folder = (
        reports.run_folder(Path(options.out))
        if options.out
        else reports.numbered_folder(Path("runs"), "ranks")
    )
    (folder / "ranks.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"{folder}: ranks.md")
    return 0


def _of(network: str, options: argparse.Namespace, seconds: float) -> Iterator[str]:
    """The tables of one network."""
    threads = max(options.ranks)
    shards = max(SHARDS, threads)
    whole = measure(network, 0, 0, seconds, threads)
    found = [measure(network, ranks, shards, seconds) for ranks in options.ranks]
    rows: list[tuple[str, ...]] = [
        ("ranks", "threads each", "ms a step", "speed", "inside MPI", "sent a step", "messages"),
        ("no shards", str(threads), f"{1e3 * whole.seconds:.2f}", "1.00", "-", "-", "-"),
        *(_row(one, whole) for one in found),
    ]
    yield _shown(f"{network}, {NETWORKS[network]}, {shards} shards", rows)
    link = Link(*options.link) if options.link else _measured(found)
    if link is not None and (one := next((figures for figures in found if figures.ranks == 1), None)):
        yield _shown(
            f"{network}, a forecast: {NETWORKS[network]} on each rank, {1e6 * link.latency:.1f} µs, "
            f"{link.bandwidth / 1e9:.2f} GB/s",
            [("ranks", "ms a step", "of it computing"), *(_forecast(one, link, ranks) for ranks in MANY)],
        )


def _row(figures: Figures, whole: Figures) -> tuple[str, ...]:
    return (
        str(figures.ranks),
        str(figures.threads),
        f"{1e3 * figures.seconds:.2f}",
        f"{whole.seconds / figures.seconds:.2f}",
        text.percent(figures.inside / figures.seconds),
        f"{figures.bytes / 1e3:,.0f} kB",
        f"{figures.messages:.0f}",
    )


def _measured(found: list[Figures]) -> Link | None:
    """The link between the ranks of the last run that had two."""
    several = [figures for figures in found if figures.bandwidth]
    return Link(several[-1].latency, several[-1].bandwidth) if several else None


def _forecast(one: Figures, link: Link, ranks: int) -> tuple[str, str, str]:
    seconds, share = forecast(one.seconds, one.parameters, one.output, link, ranks)
    return str(ranks), f"{1e3 * seconds:.2f}", text.percent(share)


def _shown(title: str, rows: list[tuple[str, ...]]) -> str:
    """A table, printed as it is written."""
    table = markdown_table(rows, ">" * len(rows[0]))
    print(f"{title}\n\n{table}\n", flush=True)
    return f"## {title}\n\n{table}"
