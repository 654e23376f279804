"""The results as a picture: a column for each pass, a bar for each layer, and networks below them."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastconv.benchmark import network_picture, work
from fastconv.benchmark.results import EVEN, Peak, Result, geometric_mean
from fastconv.benchmark.rows import Row

COLUMNS = (
    ("forward, optimizer step", ("forward", "step")),
    ("input gradient, loss and gradient", ("input", "both")),
    ("weight gradient", ("weight",)),
)
"""Passes of layers."""
FASTER, EVEN_COLOR, SLOWER = "#2f86a6", "#9a9a9a", "#d9743a"
LEAST, MOST = 0.1, 20.0
"""Ratios beyond these are drawn as these; the number beside the bar is the real one."""
WITH_PEERS = (
    "Time of the fastest peer / time of fastconv: above 1 fastconv is faster.\n"
    "Beside each bar the ratio, and fastconv's percentage of the peak (of memory, where nothing is computed)"
)
ALONE = "fastconv alone: percentage of the machine's peak (of memory, where nothing is computed)"
LINE, FONT = 0.165, 7
"""Inches of one line, points of its text."""


def draw(path: Path, results: Sequence[Result], peak: Peak) -> None:
    """Draw ratios, or where a layer has no peer percentages of the peak; nothing without results.

    Needs matplotlib.
    """
    from matplotlib.figure import Figure

    timed = [r for r in results if r.rounds]
    layers = [r for r in timed if r.row.kind != "network"]
    networks = [r for r in timed if r.row.kind == "network" and r.best_peer]
    heights = [1.3 + LINE * len(_lines(part)) for part in (layers, networks) if part]
    if not heights:
        return
    columns = max(len(_columns(layers)), len({r.which for r in networks}))
    figure = Figure(figsize=(3 + 3.4 * columns, sum(heights)), layout="constrained")
    parts = [*figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]]
    if layers:
        _draw_layers(parts[0], layers, peak)
    if networks:
        network_picture.draw(parts[-1], networks, peak)
    figure.savefig(path, dpi=130)


def _columns(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """The columns that have results, each with its own."""
    columns = [(title, [r for r in results if r.which in passes]) for title, passes in COLUMNS]
    return [(title, members) for title, members in columns if members]


def _draw_layers(figure: Any, timed: Sequence[Result], peak: Peak) -> None:
    """Draw results of layers into a part of a figure."""
    columns, lines = _columns(timed), _lines(timed)
    ratios = all(r.best_peer for r in timed)
    panels = figure.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0]
    _scale(panels[0], timed, ratios)
    for axes, (title, members) in zip(panels, columns, strict=True):
        axes.set_title(title, fontsize=FONT + 2)
        _panel(axes, lines, members, ratios, peak)
    panels[0].set_yticks(range(len(lines)), [line if isinstance(line, str) else line.name for line in lines])
    for label, line in zip(panels[0].get_yticklabels(), lines, strict=True):
        label.set(fontsize=FONT, fontweight="bold" if isinstance(line, str) else "normal")
    panels[0].set_ylim(len(lines) - 0.4, -0.6)
    title = WITH_PEERS if ratios else ALONE
    figure.suptitle(f"{title}\n{peak.busy}".rstrip(), fontsize=FONT + 2)


def _lines(results: Sequence[Result]) -> list[Row | str]:
    """The rows, each set under its name."""
    lines: list[Row | str] = []
    for row in dict.fromkeys(r.row for r in results):
        if row.set not in lines:
            lines.append(row.set)
        lines.append(row)
    return lines


def _scale(axes: Any, results: Sequence[Result], ratios: bool) -> None:
    """The axis that all panels share, with room for the text beside the longest bar."""
    if not ratios:
        axes.set_xlim(0, 130)
        return
    drawn = [_within(r.ratio) for r in results]
    low, high = min(0.7, *drawn) / 1.1, max(1.5, *drawn) * 2.2
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    ticks = [tick for tick in (0.125, 0.25, 0.5, 1, 2, 4, 8, 16) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def _panel(axes: Any, lines: list[Row | str], results: list[Result], ratios: bool, peak: Peak) -> None:
    by_row = {r.row: r for r in results}
    for row, line in enumerate(lines):
        if isinstance(line, str):
            axes.axhspan(row - 0.5, row + 0.5, color="#eeeeee", zorder=0)
            mean = geometric_mean(r.ratio for r in results if r.row.set == line)
            if not math.isnan(mean):
                _text(axes, 1 if ratios else 0, row, f"mean {mean:.2f}", weight="bold")
        elif line in by_row:
            _bar(axes, row, by_row[line], ratios, peak)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="x", labelsize=FONT)
    axes.grid(axis="x", alpha=0.3)
    if ratios:
        axes.axvline(1, color="black", linewidth=0.8)


def _bar(axes: Any, row: int, result: Result, ratios: bool, peak: Peak) -> None:
    percent = _percent(result, peak)
    if ratios:
        drawn = _within(result.ratio)
        color = SLOWER if result.slower else FASTER if result.ratio > 1 / EVEN else EVEN_COLOR
        axes.barh(row, drawn - 1, left=1, height=0.75, color=color, zorder=2)
        _text(axes, max(1, drawn), row, f"{result.ratio:.2f}, {percent:.0f} %")
    else:
        axes.barh(row, min(percent, 110), height=0.75, color=FASTER, zorder=2)
        _text(axes, min(percent, 110), row, f"{percent:.0f} %")


def _text(axes: Any, x: float, row: int, text: str, weight: str = "normal") -> None:
    style = {"va": "center_baseline", "fontsize": FONT, "fontweight": weight}
    axes.annotate(text, (x, row), (3, 0), textcoords="offset points", **style)


def _within(ratio: float) -> float:
    return min(MOST, max(LEAST, ratio))


def _percent(result: Result, peak: Peak) -> float:
    """Of the peak of arithmetic, or of memory where there is no arithmetic."""
    if work.operations(result.row, result.which):
        return 100 * result.operations / peak.operations
    return 100 * result.bytes / peak.bytes
