"""The folder that a training run leaves: history, settings, confusion matrix and, with matplotlib, pictures.

No file holds a time or a date: the same run writes the same bytes.
"""

import contextlib
import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastconv.types import Array, Indices

WRONG_SHOWN = 36
"""Most images in one picture of wrong answers."""


def run_folder(path: Path) -> Path:
    """Create the folder `path`, which may exist when it is empty; FileExistsError when it is not."""
    _make(path)
    if any(path.iterdir()):
        raise FileExistsError(f"{path}: got a folder with files in it, needs a new or an empty one")
    return path


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise FileExistsError(f"{folder}: got a file, needs a new or an empty folder") from error


def numbered_folder(parent: Path, name: str) -> Path:
    """Create the first of `name`-1, `name`-2, ... in `parent` that does not exist yet."""
    _make(parent)
    number = 1
    while True:
        path = parent / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an OSError that does not, as that of a full disk."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` for people and programs to read."""
    _write_text(path, json.dumps(content, indent=2) + "\n")


def write_history(folder: Path, history: Mapping[str, Sequence[float]]) -> None:
    """Write history.json, a list a figure, and history.csv, a row an epoch."""
    write_json(folder / "history.json", history)
    epochs = zip(*history.values(), strict=True)
    rows = ([number, *values] for number, values in enumerate(epochs, 1))
    _write_csv(folder / "history.csv", ["epoch", *history], rows)


def confusion_matrix(labels: Indices, predicted: Indices, classes: int) -> NDArray[np.int64]:
    """How many images of each class (row) were taken for each class (column): (classes, classes)."""
    pairs = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def write_confusion(folder: Path, matrix: NDArray[np.int64], classes: Sequence[str]) -> None:
    """Write the confusion matrix as confusion.csv and, in columns, as confusion.txt."""
    _write_csv(
        folder / "confusion.csv",
        ["true \\ predicted", *classes],
        ([name, *counts] for name, counts in zip(classes, matrix.tolist(), strict=True)),
    )
    _write_text(folder / "confusion.txt", confusion_text(matrix, classes))


def confusion_text(matrix: NDArray[np.int64], classes: Sequence[str]) -> str:
    """The confusion matrix in columns, a dot for nothing."""
    cells = [[str(number) if number else "." for number in row] for row in matrix.tolist()]
    side = max(map(len, classes))
    width = max(side, max(len(cell) for row in cells for cell in row))
    lines = ["rows: true class, columns: predicted class", ""]
    for name, row in zip(["", *classes], [classes, *cells], strict=True):
        lines.append("  ".join([name.rjust(side), *(cell.rjust(width) for cell in row)]))
    return "\n".join(lines) + "\n"


def _write_text(path: Path, text: str) -> None:
    with naming(path):
        path.write_text(text, encoding="utf-8")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with naming(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw_curves(folder: Path, history: Mapping[str, Sequence[float]]) -> None:
    """Draw loss and accuracy by epoch, in training and in the test, as curves.png. Needs matplotlib."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        epochs = range(1, len(history[name]) + 1)
        marker = "o" if len(epochs) == 1 else None
        for prefix, label in (("", "training"), ("val_", "test")):
            values = history[prefix + name]
            last = f"{values[-1]:.2%}" if name == "accuracy" else f"{values[-1]:.3g}"
            axes.plot(epochs, values, marker=marker, label=f"{label}, {last} at the end")
        axes.set(title=name, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    _save(figure, folder / "curves.png")


def draw_wrong(
    folder: Path, images: Array, labels: Indices, probabilities: Array, classes: Sequence[str]
) -> None:
    """Draw the images (N, C, H, W) that were taken for another class, the surest first, as wrong.png.

    Without a wrong answer nothing is drawn. Needs matplotlib.
    """
    from matplotlib.figure import Figure

    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    if not wrong.size:
        return
    surest = wrong[np.argsort(-probabilities.max(axis=1)[wrong], kind="stable")][:WRONG_SHOWN]
    columns = min(6, len(surest))
    rows = -(-len(surest) // columns)
    figure = Figure(figsize=(max(5, 1.6 * columns), 0.7 + 1.9 * rows), layout="constrained")
    shown = f", the {len(surest)} surest" if len(surest) < len(wrong) else ""
    figure.suptitle(f"{len(wrong)} wrong of {len(labels)}{shown}")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, index in zip(grid, surest, strict=False):
        guess = predicted[index]
        axes.imshow(_picture(images[index]), cmap="gray", vmin=0, vmax=1)
        said = f"predicted {classes[guess]} ({probabilities[index, guess]:.0%})"
        axes.set_title(f"true {classes[labels[index]]}\n{said}", fontsize=9, parse_math=False)
    _save(figure, folder / "wrong.png")


def _picture(image: Array) -> Array:
    """One image (C, H, W) as matplotlib shows it: colours last, or the first channel alone."""
    return image.transpose(1, 2, 0) if len(image) in (3, 4) else image[0]


def _save(figure: Any, path: Path) -> None:
    # The version of the library that draws is left out of the file.
    with naming(path):
        figure.savefig(path, dpi=120, metadata={"Software": None})
