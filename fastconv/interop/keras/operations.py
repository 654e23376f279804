"""Functions of `keras.ops` and operators that stand in a functional model as nodes: `x + y`, `x * 2`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.keras import activation
from fastconv.interop.keras.joins import elementwise
from fastconv.interop.keras.normalization import affine
from fastconv.interop.keras.step import Step
from fastconv.interop.keras.values import Value
from fastconv.types import Array

JOINS: dict[str, Callable[[], nn.Layer]] = {
    "Add": nn.Add,
    "Divide": nn.Divide,
    "Maximum": nn.Maximum,
    "Minimum": nn.Minimum,
    "Multiply": nn.Multiply,
    "Subtract": nn.Subtract,
    "TrueDivide": nn.Divide,
}

FUNCTIONS = {
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Softplus": "softplus",
    "Tanh": "tanh",
}
"""Functions without settings, and what layers call them."""


def arithmetic(step: Step, given: list[Any]) -> Value:
    """One of `JOINS` of two arrays, or of one and a constant."""
    values = [item for item in given if isinstance(item, Value)]
    if len(given) != 2 or not values:
        raise ValueError(f"got {len(given)} inputs, needs 2")
    if len(values) == 2:
        if values[0].rank != values[1].rank:
            raise ValueError(f"got samples of {values[0].rank} and {values[1].rank} axes, needs as many")
        return elementwise(step, values, JOINS[step.kind])
    return _with_constant(step, values[0], given)


def negative(step: Step, value: Value) -> Value:
    """Negative: x times -1."""
    return affine(step, value, np.asarray(-1, step.dtype), None)


def function(step: Step, value: Value) -> Value:
    """One of `FUNCTIONS`."""
    return step.apply(activation.FUNCTIONS[FUNCTIONS[step.kind]], value)


def gelu(step: Step, value: Value) -> Value:
    """GELU, exact or by tanh."""
    form = "tanh" if step.flag("approximate") else "none"
    return step.apply(lambda: nn.GELU(form), value)


def _with_constant(step: Step, value: Value, given: list[Any]) -> Value:
    """x + c, x - c, c - x, x · c, x / c or c / x."""
    first = given[0] is value
    constant = _constant(step, given[1] if first else given[0], value.rank)
    minus = np.asarray(-1, step.dtype)
    if step.kind == "Add":
        return affine(step, value, None, constant)
    if step.kind == "Subtract":
        return affine(step, value, None, -constant) if first else affine(step, value, minus, constant)
    if step.kind == "Multiply":
        return affine(step, value, constant, None)
    if step.kind in ("Divide", "TrueDivide"):
        if not first:
            value = step.apply(lambda: nn.Power(-1.0), value, "inverse")
        elif not constant.all():
            raise ValueError("got a division by 0")
        return affine(step, value, 1 / constant if first else constant, None)
    raise ValueError("got a constant, needs two arrays")


def _constant(step: Step, given: Any, rank: int) -> Array:
    """A number, or an array, with as many axes as a sample has."""
    if isinstance(given, dict) and given.get("class_name") == "__numpy__":
        inside = given.get("config")
        given = inside.get("value") if isinstance(inside, dict) else None
    step.values["constant"] = given
    return step.numbers("constant", rank, step.dtype)
