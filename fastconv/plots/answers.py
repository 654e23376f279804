"""The images that a classifier took for something else."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.plots.figure import new_figure, show
from fastconv.types import Array, Indices

COLUMNS = 6


def wrong(
    images: Array, labels: Indices, probabilities: Array, classes: Sequence[object], most: int = 36
) -> Any:
    """The images (N, C, H, W) that were taken for another class, the surest first, at most `most`.

    labels: the true classes (N,), from 0. probabilities: (N, classes), as of `functional.softmax`; the class
    with the largest one is the prediction. classes: their names.
    Returns a `matplotlib.figure.Figure`. ValueError for arrays that do not fit together; ImportError without
    matplotlib.
    """
    most = validate.integer("wrong", "most", most)
    if images.ndim != 4:
        raise validate.wrong_value("wrong", "images", f"shape {images.shape}", "(N, C, H, W)")
    validate.same_shape("wrong", "probabilities", probabilities, "images", (len(images), len(classes)))
    validate.same_shape("wrong", "labels", labels, "images", (len(images),))
    labels = validate.labels("wrong", "labels", labels, len(classes))
    predicted = probabilities.argmax(axis=1)
    found = np.flatnonzero(predicted != labels)
    surest = found[np.argsort(-probabilities.max(axis=1)[found], kind="stable")][:most]
    columns = max(1, min(COLUMNS, len(surest)))
    rows = -(-len(surest) // columns)
    figure = new_figure("wrong", max(5, 1.6 * columns), 0.7 + 1.9 * rows)
    shown = f", the {len(surest)} surest" if len(surest) < len(found) else ""
    figure.suptitle(f"{len(found)} wrong of {len(labels)}{shown}")
    if not rows:
        return figure
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(surest) :]:
        axes.remove()
    for axes, index in zip(grid, surest, strict=False):
        guess = predicted[index]
        show(axes, images[index])
        said = f"predicted {classes[guess]} ({probabilities[index, guess]:.0%})"
        axes.set_title(f"true {classes[labels[index]]}\n{said}", fontsize=9, parse_math=False)
    return figure
