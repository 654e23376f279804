"""The figures of a training, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastconv.plots.figure import new_figure
from fastconv.validate import wrong_value

COLUMNS = 3
"""Panels side by side."""
HELD_OUT = "val_"
"""What the names of figures begin with that were measured on samples that training does not see."""


def curves(
    history: Mapping[str, Sequence[float]],
    *names: str,
    epochs: Sequence[int] | None = None,
    held_out: str = "validation",
) -> Any:
    """The figures of a training by epoch: a panel a figure, in it training and validation.

    history: lists of values by name, as of `History`; of `loss` and `val_loss`, one panel shows both.
    names: the figures to show, as `"loss"`; all if none are named.
    epochs: the numbers of the epochs; 1, 2, ... if None. A list with fewer values ends with the last epoch.
    held_out: what the values of `val_...` are called.
    Returns a `matplotlib.figure.Figure`. ValueError for a name that is not in the history, and for a history
    without any; ImportError without matplotlib.
    """
    known = list(dict.fromkeys(name.removeprefix(HELD_OUT) for name in history))
    if not known:
        raise wrong_value("curves", "history", "no figures", "those of an epoch at least")
    panels = list(dict.fromkeys(name.removeprefix(HELD_OUT) for name in names)) or known
    for name in panels:
        if name not in known:
            raise wrong_value("curves", "names", repr(name), f"one of {', '.join(known)}")
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure("curves", 5 * columns, 4 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    numbers = list(epochs or range(1, max(map(len, history.values())) + 1))
    for axes, name in zip(grid, panels, strict=False):
        lines = {label: history.get(key) for label, key in (("training", name), (held_out, HELD_OUT + name))}
        _panel(axes, name, numbers, {label: values for label, values in lines.items() if values})
    for axes in grid[len(panels) :]:
        axes.remove()
    return figure


def _panel(axes: Any, name: str, epochs: list[int], lines: Mapping[str, Sequence[float]]) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    values = np.concatenate([np.asarray(line, float) for line in lines.values()])
    share = "accuracy" in name and not (values > 1).any()
    for label, line in lines.items():
        last = f"{line[-1]:.2%}" if share else f"{line[-1]:.3g}"
        axes.plot(
            epochs[-len(line) :],
            line,
            marker="o" if len(line) == 1 else None,
            color="C1" if label != "training" else "C0",
            label=f"{label}, {last} at the end",
        )
    axes.set_xlabel("epoch")
    axes.set_title(name, parse_math=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if share:
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
