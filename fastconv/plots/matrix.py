"""The confusion matrix: what each class was taken for."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastconv import validate
from fastconv.nn.classes import class_names
from fastconv.plots.figure import new_figure
from fastconv.types import Array, Indices

MOST_WRITTEN = 25
"""Up to so many classes, the counts are written into the cells."""


def confusion_matrix(labels: Indices, predicted: Indices, classes: int) -> NDArray[np.int64]:
    """How many images of each class (row) were taken for each class (column): (classes, classes)."""
    pairs = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def confusion(target: Any, predicted: Any = None, classes: Iterable[Any] | None = None) -> Any:
    """The confusion matrix: a row for each true class, a column for each predicted one.

    A cell holds the number of samples; its colour is their share of the row.

    target: the true classes (N,), numbers from 0 or labels as in `classes`; or, without `predicted`, a
    matrix of counts (C, C), rows true.
    predicted: the classes that a model gave (N,), in the form of `target`, or its outputs (N, C), of which
    the largest counts.
    classes: the labels in the order of the outputs, as `model.classes`. If None: strings in alphabetical
    order, integers from 0.
    Returns a `matplotlib.figure.Figure`. TypeError, ValueError for what does not fit together; ImportError
    without matplotlib.
    """
    names = class_names("confusion", classes)
    counts, shown = _counted(target, predicted, names)
    side = 0.42 * len(shown) + 1.6 if len(shown) <= MOST_WRITTEN else 8.0
    figure = new_figure("confusion", max(4.0, side), max(4.0, side))
    axes = figure.subplots()
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    _write(axes, counts, share)
    _name(axes, shown)
    total, right = int(counts.sum()), int(counts.trace())
    axes.set_title(f"{right:,} of {total:,} right" + (f" ({right / total:.1%})" if total else ""))
    axes.set(xlabel="predicted", ylabel="true")
    return figure


def _write(axes: Any, counts: NDArray[np.int64], share: Array) -> None:
    """The counts, where they are readable; nothing for none."""
    if len(counts) > MOST_WRITTEN:
        return
    size = 9 if counts.max(initial=0) < 1000 else 7
    for row, column in np.argwhere(counts):
        color = "white" if share[row, column] > 0.5 else "black"
        text = f"{counts[row, column]}"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=size)


def _name(axes: Any, names: Sequence[str]) -> None:
    """The classes along both sides, each where there is room for it."""
    places = range(0, len(names), -(-len(names) // 40))
    long = max(map(len, names)) > 3
    for axis in axes.xaxis, axes.yaxis:
        axis.set_ticks(list(places), [names[place] for place in places], parse_math=False)
    axes.tick_params(length=0, labelsize=9 if len(names) <= MOST_WRITTEN else 7)
    if long:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.spines[:].set_color("0.8")


def _counted(target: Any, predicted: Any, names: Any) -> tuple[NDArray[np.int64], list[str]]:
    """The matrix, and the name of each class."""
    target = np.asarray(target)
    if predicted is None:
        _check_matrix(target, names)
        return target.astype(np.int64), list(map(str, names or range(len(target))))
    predicted = np.asarray(predicted)
    if target.ndim != 1 or not len(target):
        raise validate.wrong_value("confusion", "target", f"shape {target.shape}", "classes (N,)")
    outputs = predicted.shape[1] if predicted.ndim == 2 else 0
    validate.same_shape(
        "confusion", "predicted", predicted[:, 0] if outputs else predicted, "target", (len(target),)
    )
    if names is None:
        names = _found(target, predicted, outputs)
    elif outputs and outputs != len(names):
        got = f"{outputs} outputs for {len(names)} classes"
        raise validate.wrong_value("confusion", "predicted", got, "one for each of classes")
    given = predicted.argmax(axis=1) if outputs else _numbers("predicted", predicted, names)
    return confusion_matrix(_numbers("target", target, names), given, len(names)), list(map(str, names))


def _check_matrix(counts: Array, names: Any) -> None:
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not len(counts):
        needs = "predicted classes beside it, or a matrix of counts (C, C)"
        raise validate.wrong_value("confusion", "target", f"shape {counts.shape}", needs)
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        got = counts.dtype if counts.dtype.kind not in "iu" else "negative ones"
        raise validate.wrong_type("confusion", "target", got, "whole numbers of samples")
    if names is not None and len(names) != len(counts):
        got = f"{len(names)} for a matrix {counts.shape}"
        raise validate.wrong_value("confusion", "classes", got, "a label for each row")


def _found(target: Array, predicted: Array, outputs: int) -> tuple[Any, ...]:
    """The classes that occur, and for integers those between."""
    values = target if outputs else np.concatenate([target, predicted])
    if values.dtype.kind == "U":
        return tuple(np.unique(values).tolist())
    if values.dtype.kind in "iu":
        return tuple(range(max(outputs, int(values.max()) + 1)))
    raise validate.wrong_type("confusion", "target", values.dtype, "integers or strings")


def _numbers(name: str, values: Array, classes: tuple[Any, ...]) -> Indices:
    """The number of each label: its place among the classes; integers beside string classes are numbers."""
    if values.dtype.kind in "iu" and isinstance(classes[0], str):
        return validate.labels("confusion", name, values, len(classes))
    numbers = {label: number for number, label in enumerate(classes)}
    listed = values.tolist()
    for value in listed:
        if value not in numbers:
            some = ", ".join(map(repr, classes[:12])) + (", ..." if len(classes) > 12 else "")
            raise validate.wrong_value("confusion", name, repr(value), f"one of the classes {some}")
    return np.array([numbers[value] for value in listed], np.int64)
