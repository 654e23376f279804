"""Operations as stages of a kernel: what of them is a literal of its geometry, and what it reads.

A stage acts on vectors of neighbouring channels. What it multiplies or adds for each channel stands in rows
of `lines` (`lines.py`), an array of the shape of the result is read as it lies.
"""

import inspect
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import activation
from ..activation.formulas import Formula
from ..arithmetic.pairs import Operation
from ..engine.geometry import GeometryType
from ..norm import channel_norm

MOST = 6
"""Most stages of a kernel."""


class Kind(IntEnum):
    """What a stage does to a vector v of channels from j on, r its first row."""

    FORMULA = 0
    """f(v), f an activation without numbers"""
    NUMBERS = 1
    """f(v), an activation whose numbers are r[0] and r[1]"""
    NORM = 2
    """(v - r[j]) * s[j] + b[j], or max of it and 0: s and b are the two rows that follow"""
    PRELU = 3
    """v where v > 0, else r[j] * v"""
    ROW = 4
    """an operation on v and r[j]"""
    WHOLE = 5
    """an operation on v and the elements of an array of the same shape"""


_ROWS = {Kind.FORMULA: 0, Kind.WHOLE: 0, Kind.NORM: 3}
_FORMULAS: dict[str, Formula] = {f.name.lower(): f for f in Formula if f != Formula.GELU_TANH}
_OPERATIONS = {o.name.lower(): o for o in Operation if o != Operation.ADD_RELU}


class Form(NamedTuple):
    """What of a stage is literal: its kind, the number of its formula or operation, whether ReLU follows."""

    kind: Kind
    code: int = 0
    relu: int = 0

    @property
    def rows(self) -> int:
        """Rows of `lines`."""
        return _ROWS.get(self.kind, 1)


class Stage(NamedTuple):
    """A stage: its form, and the numbers and arrays that it needs."""

    form: Form
    given: tuple[Any, ...] = ()


def fits(stages, shape):
    """Whether one kernel can do these stages of a result of this shape: (N, C, H, W), or (N, C).

    At most MOST, of which one takes another array of the whole shape; the other arrays are one number or one
    for each channel.
    """
    found = [stage(name, arguments, shape) for name, *arguments in stages]
    wholes = sum(one is not None and one.form.kind == Kind.WHOLE for one in found)
    return len(shape) in (2, 4) and len(found) <= MOST and wholes <= 1 and None not in found


def stage(name: str, arguments: list[Any], shape: tuple[int, ...]) -> Stage | None:
    """An operation as a stage; None if no stage is like it."""
    if name in _OPERATIONS:
        return _pair(_OPERATIONS[name], shape, *arguments)
    if name == "channel_norm":
        return _norm(*_given(channel_norm, arguments))
    if name == "prelu":
        (weight,) = arguments
        return Stage(Form(Kind.PRELU), (weight,))
    if name == "relu6":
        name, arguments = "hardtanh", [0.0, 6.0]
    if name not in _FORMULAS:
        return None
    formula, numbers = _FORMULAS[name], _given(getattr(activation, name), arguments)
    if name == "gelu":
        formula, numbers = (Formula.GELU_TANH if numbers == ("tanh",) else formula), ()
    given = tuple(float(number) for number in numbers)
    return Stage(Form(Kind.NUMBERS if given else Kind.FORMULA, int(formula)), given)


_signature = lru_cache(maxsize=32)(inspect.signature)


def _given(operation: Any, arguments: list[Any]) -> tuple[Any, ...]:
    """All arguments of an operation behind the first, those that are left out too."""
    bound = _signature(operation).bind(None, *arguments)
    bound.apply_defaults()
    return bound.args[1:]


def _norm(mean: np.ndarray, var: np.ndarray, weight: Any, bias: Any, eps: float, relu: bool) -> Stage | None:
    form = Form(Kind.NORM, relu=int(relu))
    return Stage(form, (mean, var, weight, bias, float(eps))) if mean.ndim == 1 else None


def _pair(
    operation: Operation, shape: tuple[int, ...], other: np.ndarray, relu: bool = False
) -> Stage | None:
    code = int(Operation.ADD_RELU if relu else operation)
    row = (shape[1],) + (1,) * (len(shape) - 2)
    if (other.size == 1 and other.ndim <= len(shape)) or other.shape in (row, (1, *row)):
        return Stage(Form(Kind.ROW, code), (other,))
    return Stage(Form(Kind.WHOLE, code), (other,)) if other.shape == shape else None


def read_stages(stages: tuple[Any, ...], shape: tuple[int, ...]) -> list[Stage]:
    """The stages of operations that `fits`."""
    return [found for name, *arguments in stages if (found := stage(name, arguments, shape)) is not None]


def literals(forms: tuple[Form, ...], lanes: int, row: int) -> dict[str, int | GeometryType]:
    """The stages as literals of a geometry, their rows from this one on; nothing if there are none."""
    found: dict[str, int | GeometryType] = {"stages": len(forms)} if forms else {}
    for index, form in enumerate(forms):
        both = {"formula": form.code, "operation": form.code}
        named = {"kind": int(form.kind), **both, "relu": form.relu, "lanes": lanes, "row": row}
        found[f"stage{index}"] = GeometryType(named)
        row += form.rows
    return found
