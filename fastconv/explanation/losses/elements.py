"""Losses with a target for each element of the output."""

import numpy as np

from fastconv import functional as F
from fastconv import nn
from fastconv.explanation.inner import Inner, InnerGradient
from fastconv.explanation.losses.base import LossNotation, describe_loss, over_terms
from fastconv.explanation.notation import Symbols, d
from fastconv.explanation.numbers import plain, short
from fastconv.explanation.steps import Formula
from fastconv.types import Array


@describe_loss.register
def _mean_squares(loss: nn.MSELoss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    return _differences(loss, value, f"({output} - Y)^2", f"2 * ({output} - Y)")


@describe_loss.register
def _mean_distances(loss: nn.L1Loss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    return _differences(loss, value, f"|{output} - Y|", f"sign({output} - Y)")


@describe_loss.register
def _smooth_distances(
    loss: nn.SmoothL1Loss, output: str, value: Array, y: Array, symbols: Symbols
) -> LossNotation:
    if not loss.beta:
        return _differences(loss, value, f"|{output} - Y|", f"sign({output} - Y)")
    beta, e = plain(loss.beta), f"{output} - Y"
    over = "" if loss.beta == 1 else f" / {beta}"
    note = f"l(e) = e^2 / {plain(2 * loss.beta)} where |e| < {beta}, else |e| - {plain(loss.beta / 2)}"
    scaled = f"({e}){over}" if over else e
    return _differences(loss, value, f"l({e})", f"clip({scaled}, -1, 1)", note)


@describe_loss.register
def _huber(loss: nn.HuberLoss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    delta = plain(loss.delta)
    times = "" if loss.delta == 1 else f"{delta} * "
    less = f"(|e| - {plain(loss.delta / 2)})" if times else f"|e| - {plain(loss.delta / 2)}"
    note = f"l(e) = e^2 / 2 where |e| <= {delta}, else {times}{less}"
    return _differences(loss, value, f"l({output} - Y)", f"clip({output} - Y, -{delta}, {delta})", note)


def _differences(loss: nn.Loss, value: Array, each: str, gradient: str, note: str = "") -> LossNotation:
    """The lines of a mean or a sum of something of output - Y, one term for each element."""
    reduce = loss.reduction if value.size > 1 else ""
    line = Formula("L", f"{reduce}({each})" if reduce else each, note=note)
    return LossNotation("Y", (), line, Formula("", f"{gradient}{over_terms(loss, value.size)}"))


@describe_loss.register
def _probabilities(loss: nn.BCELoss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    if loss.weight is not None:
        return describe_loss.dispatch(nn.Loss)(loss, output, value, y, symbols)
    line = _logs(loss, output, value, value, y)
    over = over_terms(loss, value.size)
    gradient = f"-(Y / {output} - (1 - Y) / (1 - {output})){over}"
    return LossNotation("Y", (), line, Formula("", gradient))


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
    over = over_terms(loss, value.size)
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
    back = InnerGradient(line, gradient, A, lambda a: np.log(a) - np.log1p(-a), np.minimum(A, 1 - A))
    inner = Inner(Formula(a, f"sigmoid({output})"), A, back)
    line = _logs(loss, a, A, value, y)
    chain = f"{d(a)} * {a} * (1 - {a}) = " + (f"({a} - Y){over}" if over else f"{a} - Y")
    return LossNotation("Y", (inner,), line, Formula("", chain), "" if over else f"({a} - Y)")


def _logs(loss: nn.Loss, symbol: str, probability: Array, output: Array, y: Array) -> Formula:
    """The loss of probabilities, with the numbers in it where there is one."""
    each = f"(Y log {symbol} + (1 - Y) log(1 - {symbol}))"
    if output.size > 1:
        return Formula("L", f"-{loss.reduction}{each}")
    p, t = (float(v.item()) for v in (probability, y))
    logs = f"{short(t)} log {short(p)} + {short(1 - t)} log {short(1 - p)}"
    return Formula("L", f"-{each}", terms=(f"L = -({logs}) = {plain(loss(output, y))}",))
