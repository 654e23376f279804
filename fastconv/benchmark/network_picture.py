"""Whole networks as a picture: a column for each pass, a line for each network, a mark for each peer."""

from collections.abc import Sequence
from typing import Any

from fastconv.benchmark.report import TITLES, duration
from fastconv.benchmark.results import Peak, Result, geometric_mean
from fastconv.benchmark.rows import PASSES

TITLE = (
    "Whole networks: time of each peer / time of fastconv: right of 1 fastconv is faster.\n"
    "Beside each line the time of fastconv in µs and the ratio to the fastest peer, bold where that is faster"
)
MARKS = {
    "torch": ("o", "#d9743a", "none"),
    "torch-channels-last": ("o", "#d9743a", "#d9743a"),
    "jax-nchw": ("s", "#2f86a6", "none"),
    "jax-nhwc": ("s", "#2f86a6", "#2f86a6"),
    "onnxruntime": ("D", "#5b4b8a", "#5b4b8a"),
}
"""Shape, edge and filling of each peer's mark; a library's second layout is filled."""
TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
"""Ratios beyond the outermost are drawn there; the number beside the line is the real one."""
FONT = 7
"""Points of the text."""


def draw(figure: Any, results: Sequence[Result], peak: Peak) -> None:
    """Draw results that have peers into a part of a figure of matplotlib."""
    passes = [which for which in PASSES if any(r.which == which for r in results)]
    rows = [*dict.fromkeys(r.row for r in results)]
    panels = figure.subplots(1, len(passes), sharey=True, squeeze=False)[0]
    for axes, which in zip(panels, passes, strict=True):
        members = {rows.index(r.row): r for r in results if r.which == which}
        mean = geometric_mean(r.ratio for r in members.values())
        axes.set_title(f"{PASSES[which]}, geometric mean {mean:.2f}", fontsize=FONT + 2)
        _panel(axes, members)
    panels[0].set_yticks(range(len(rows)), [row.name for row in rows], fontsize=FONT)
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    marks = {mark.get_label(): mark for axes in panels for mark in axes.get_legend_handles_labels()[0]}
    place = {"loc": "outside lower center", "ncols": len(MARKS), "frameon": False}
    figure.legend(marks.values(), marks.keys(), fontsize=FONT, **place)
    figure.suptitle(f"{TITLE}\n{peak.busy}".rstrip(), fontsize=FONT + 2)


def _panel(axes: Any, members: dict[int, Result]) -> None:
    """The marks of one pass; the results by their line."""
    axes.set_xscale("log", base=2)
    axes.set_xlim(TICKS[0], TICKS[-1])
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS], fontsize=FONT)
    for name, (shape, edge, filling) in MARKS.items():
        ratios = {line: r.seconds(name) / r.seconds() for line, r in members.items() if name in r.rounds}
        if ratios:
            drawn = [min(TICKS[-1], max(TICKS[0], ratio)) for ratio in ratios.values()]
            style = {"marker": shape, "edgecolors": edge, "facecolors": filling, "s": 18, "zorder": 3}
            axes.scatter(drawn, [*ratios], label=TITLES[name], clip_on=False, **style)
    for line, result in members.items():
        text = f"{duration(result.seconds())},  {result.ratio:.2f}"
        style = {"fontsize": FONT, "fontweight": "bold" if result.slower else "normal"}
        place = {"xytext": (8, 0), "textcoords": "offset points", "va": "center_baseline"}
        axes.annotate(text, (1, line), xycoords=("axes fraction", "data"), **place, **style)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.grid(alpha=0.3)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
