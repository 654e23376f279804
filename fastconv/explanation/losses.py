"""How a person writes the losses: from the last layer's output to L, and back to its gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from fastconv import functional as F
from fastconv import nn
from fastconv.explanation.notation import Symbols, d
from fastconv.explanation.numbers import plain, short
from fastconv.explanation.steps import Formula
from fastconv.types import Array


@dataclass(frozen=True)
class InnerGradient:
    """dL/dvalue of an inner value; `output` maps the value back to the last layer's output."""

    line: Formula
    value: Array
    output: Callable[[Array], Array]


@dataclass(frozen=True)
class Inner:
    """A value that the loss computes between the last output and L: here the probabilities.

    back: its gradient, None where a derivation goes without.
    """

    line: Formula
    value: Array
    back: InnerGradient | None = None


@dataclass(frozen=True)
class LossNotation:
    """The lines of a loss: its target's symbol, what lies inside, L itself, and its gradient.

    short: what the gradient is called in the next formulas, where it has a short form.
    """

    target: str
    inner: tuple[Inner, ...]
    line: Formula
    gradient: Formula
    short: str = ""


@singledispatch
def describe_loss(loss: nn.Loss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    """The lines of a loss of the output called `output`; any other loss is called by its class."""
    kind = type(loss).__name__
    note = ", ".join(f"{name} {setting}" for name, setting in loss.config().items() if setting is not None)
    target = "y" if np.issubdtype(y.dtype, np.integer) else "Y"
    line = Formula("L", f"{kind}({output}, {target})", note=note)
    return LossNotation(target, (), line, Formula("", f"{kind}_backward({output}, {target})"))


@describe_loss.register
def _mean_squares(loss: nn.MSELoss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    over = _over(loss, value.size)
    reduce = loss.reduction if value.size > 1 else ""
    line = Formula("L", f"{reduce}(({output} - Y)^2)" if reduce else f"({output} - Y)^2")
    return LossNotation("Y", (), line, Formula("", f"2 * ({output} - Y){over}"))


@describe_loss.register
def _binary(
    loss: nn.BCEWithLogitsLoss, output: str, value: Array, y: Array, symbols: Symbols
) -> LossNotation:
    a = symbols.name(f"A{symbols.number}")
    A = F.sigmoid(value)
    if loss.weight is not None or loss.pos_weight is not None:
        general = describe_loss.dispatch(nn.Loss)(loss, output, value, y, symbols)
        inner = Inner(Formula(a, f"sigmoid({output})"), A)
        return LossNotation("Y", (inner,), general.line, general.gradient)
    over = _over(loss, value.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        gradient = (A - y) / (A * (1 - A))
        if over:
            gradient /= value.size
    saturated = f"{a} has been rounded to 0 or 1, where log ends: the loss takes {output} for this reason"
    line = Formula(
        d(a),
        f"-(Y / {a} - (1 - Y) / (1 - {a})){over}",
        note="" if np.isfinite(gradient).all() else saturated,
    )
    inner = Inner(
        Formula(a, f"sigmoid({output})"), A, InnerGradient(line, gradient, lambda a: np.log(a) - np.log1p(-a))
    )
    each = f"(Y log {a} + (1 - Y) log(1 - {a}))"
    terms: tuple[str, ...] = ()
    if value.size == 1:
        p, t = (float(v.item()) for v in (A, y))
        terms = (
            f"L = -({short(t)} log {short(p)} + {short(1 - t)} log {short(1 - p)}) = {plain(loss(value, y))}",
        )
    line = Formula("L", f"-{each}" if value.size == 1 else f"-{loss.reduction}{each}", terms=terms)
    chain = f"{d(a)} * {a} * (1 - {a}) = " + (f"({a} - Y){over}" if over else f"{a} - Y")
    return LossNotation("Y", (inner,), line, Formula("", chain), "" if over else f"({a} - Y)")


@describe_loss.register
def _classes(
    loss: nn.CrossEntropyLoss, output: str, value: Array, y: Array, symbols: Symbols
) -> LossNotation:
    p = symbols.name("P")
    P = F.softmax(value, 1)
    inner = (Inner(Formula(p, f"softmax({output})"), P),)
    count, classes = value.size // value.shape[1], value.shape[1]
    over = _over(loss, count)
    average = f"-1/{count} " if over else "-"
    given = np.issubdtype(y.dtype, np.floating)
    if loss.weight is not None or (not given and (y == loss.ignore_index).any()):
        general = describe_loss.dispatch(nn.Loss)(loss, output, value, y, symbols)
        return LossNotation(general.target, inner, general.line, general.gradient)
    if given or loss.label_smoothing:
        q, note = "Y", ""
        if loss.label_smoothing:
            e = plain(loss.label_smoothing)
            q, labels = "Q", "Y" if given else "onehot(y)"
            note = f"Q = (1 - {e}) {labels} + {e}/{classes}: smoothed labels"
        where = "sum_{n,c}" if count > 1 else "sum_{c}"
        at = "[n,c]" if count > 1 else "[c]"
        line = Formula("L", f"{average}{where} {q}{at} log {p}{at}", note=note)
        return LossNotation("Y" if given else "y", inner, line, Formula("", _divided(f"{p} - {q}", over)))
    terms: tuple[str, ...] = ()
    if count == 1:
        right = f"-log {p}[y]"
        label = int(y.item())
        terms = (f"L = -log {p}[{label}] = -log {plain(P.ravel()[label])} = {plain(loss(value, y))}",)
    else:
        right = f"{average}sum_{{n}} log {p}[n,y[n]]"
    gradient = _divided(f"{p} - onehot(y)", over)
    return LossNotation("y", inner, Formula("L", right, terms=terms), Formula("", gradient))


def _over(loss: nn.Loss, count: int) -> str:
    """The division of a mean over more than one term."""
    return f" / {count}" if loss.reduction == "mean" and count > 1 else ""


def _divided(right: str, over: str) -> str:
    return f"({right}){over}" if over else right
