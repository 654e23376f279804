"""Metrics by name: those of a trainer, and the names that stand for metrics that suit its loss."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from fastconv import validate
from fastconv.nn.losses import Loss
from fastconv.training.metrics.auc import AUC
from fastconv.training.metrics.base import Function, Metric
from fastconv.training.metrics.counts import F1, Precision, Recall
from fastconv.training.metrics.regression import R2, MeanAbsoluteError
from fastconv.training.metrics.right import TopKAccuracy, accuracy, binary_accuracy

TOP = re.compile(r"top_([1-9]\d*)_accuracy")
ANY_TOP = "top_5_accuracy"
"""What stands in errors for all names that `TOP` matches."""


def for_loss(loss: Loss) -> dict[str, Function]:
    """The metrics of a trainer that was given none: accuracy where the loss is one of classification."""
    if loss.takes_classes:
        return {"accuracy": partial(accuracy, ignore_index=getattr(loss, "ignore_index", -100))}
    if loss.threshold is not None:
        return {
            "accuracy": binary_accuracy
            if not loss.threshold
            else partial(binary_accuracy, threshold=loss.threshold)
        }
    return {}


def known(loss: Loss) -> dict[str, Callable[[], Function | Metric]]:
    """What makes the metric of each name that suits the loss."""
    makers: dict[str, Callable[[], Function | Metric]] = {}
    for name, function in for_loss(loss).items():
        makers[name] = partial(_same, function)
    if loss.takes_classes:
        options: dict[str, Any] = {"ignore_index": getattr(loss, "ignore_index", -100)}
        makers[ANY_TOP] = partial(TopKAccuracy, 5, **options)
    elif loss.threshold is not None:
        options = {"threshold": loss.threshold}
    else:
        return {**makers, "mae": MeanAbsoluteError, "r2": R2}
    return makers | {kind.name: partial(kind, **options) for kind in (Precision, Recall, F1, AUC)}


def named(
    metrics: Mapping[str, str | Function | Metric] | Iterable[str | Function | Metric] | None, loss: Loss
) -> dict[str, Function | Metric]:
    """Metrics by the name under which a history lists them.

    "accuracy", "top_5_accuracy" (and any other number), "precision", "recall", "f1", "auc" mean those that
    suit a loss of classes, all but the second those of yes and no; "mae" and "r2" suit other losses. None are
    those of `for_loss`. TypeError and ValueError for what is no metric or has no name of its own.
    """
    if metrics is None:
        return dict(for_loss(loss))
    if isinstance(metrics, str | Metric) or not isinstance(metrics, Iterable):
        alone = isinstance(metrics, str | Metric) or callable(metrics)
        hint = f": [{_shown(metrics)}] would fit" if alone else ""
        raise validate.wrong_type("Trainer", "metrics", _shown(metrics), f"a list or a dict of metrics{hint}")
    given = metrics.items() if isinstance(metrics, Mapping) else [(_name(m), m) for m in metrics]
    result: dict[str, Function | Metric] = {}
    taken = {"loss"}
    for name, metric in given:
        found = _found(metric, loss)
        figures = figure_names({name: found}) if isinstance(name, str) else ()
        if not isinstance(name, str) or name.startswith("val_") or not taken.isdisjoint({name, *figures}):
            needs = 'a name of its own: {"name": function} gives one'
            raise validate.wrong_value("Trainer", "metrics", f"{name!r} as a name", needs)
        taken |= {name, *figures}
        result[name] = found
    return result


def words(metrics: Mapping[str, Any] | Iterable[Any] | None) -> dict[str, str | None] | None:
    """What a file holds of metrics: by its name in a history the word for each, None for one that is code."""
    if metrics is None:
        return None
    given = metrics.items() if isinstance(metrics, Mapping) else [(_name(m), m) for m in metrics]
    return {name: metric if isinstance(metric, str) else None for name, metric in given}


def again(saved: Any) -> dict[str, str] | None:
    """The metrics that `words` gave a file; ValueError where code is among them.

    Files of version 0.1.0 have a list of names alone.
    """
    if saved is None:
        return None
    found = saved if isinstance(saved, Mapping) else dict.fromkeys(saved)
    if own := [name for name, word in found.items() if not isinstance(word, str)]:
        more = "" if len(own) == len(found) else f" beside {[name for name in found if name not in own]}"
        raise ValueError(f"it was saved with metrics of its own, {own}{more}: give them as metrics=")
    return dict(found)


def figure_names(metrics: Mapping[str, Function | Metric]) -> tuple[str, ...]:
    """The names of all figures: a metric's own, or one for each of its parts."""
    names: list[str] = []
    for name, metric in metrics.items():
        parts = metric.parts if isinstance(metric, Metric) else ()
        names += [f"{name}_{part}" for part in parts] or [name]
    return tuple(names)


def _found(metric: Any, loss: Loss) -> Function | Metric:
    if isinstance(metric, Metric):
        return metric
    makers = known(loss)
    if isinstance(metric, str):
        top = TOP.fullmatch(metric)
        if top and ANY_TOP in makers:
            return TopKAccuracy(int(top[1]), ignore_index=getattr(loss, "ignore_index", -100))
        if metric in makers:
            return makers[metric]()
    if isinstance(metric, str | type) or not callable(metric):
        needs = "functions of (output, target)" + "".join(f", or {name!r}" for name in makers)
        error = validate.wrong_value if isinstance(metric, str) else validate.wrong_type
        raise error("Trainer", "metrics", _shown(metric), needs)
    function: Function = metric
    return function


def _same(function: Function) -> Function:
    return function


def _name(metric: Any) -> str:
    if isinstance(metric, str):
        return metric
    own = metric.name if isinstance(metric, Metric) else getattr(metric, "__name__", type(metric).__name__)
    return str(own)


def _shown(metric: Any) -> str:
    return (
        type(metric).__name__ + "()"
        if isinstance(metric, Metric)
        else getattr(metric, "__name__", repr(metric))
    )
