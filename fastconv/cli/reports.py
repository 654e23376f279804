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

from fastconv import plots
from fastconv.plan.planned import Planned, Unplanned
from fastconv.types import Array, Indices


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
    _save(plots.curves(history, "loss", "accuracy", held_out="test"), folder / "curves.png")


def draw_wrong(
    folder: Path, images: Array, labels: Indices, probabilities: Array, classes: Sequence[str]
) -> None:
    """Draw the images (N, C, H, W) that were taken for another class, the surest first, as wrong.png.

    Without a wrong answer nothing is drawn. Needs matplotlib.
    """
    if (probabilities.argmax(axis=1) != labels).any():
        _save(plots.wrong(images, labels, probabilities, classes), folder / "wrong.png")


def _save(figure: Any, path: Path) -> None:
    # The version of the library that draws is left out of the file.
    with naming(path):
        figure.savefig(path, dpi=120, metadata={"Software": None})


def profile(folder: Path, plan: Planned | Unplanned) -> None:
    """Print where the time of a step goes, and draw it as profile.png where that is possible."""
    if isinstance(plan, Unplanned):
        print(f"\nno profile: {plan}")
        return
    measured = plan.profile()
    print(f"\n{str(plan).splitlines()[0]}\n\n{measured}")
    if can_draw():
        _save(plots.times(measured), folder / "profile.png")
