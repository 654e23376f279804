"""One call of one operation, by the kernels and by the reference, and what may lie between the results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastconv import kernels, reference
from fastconv.types import Array

Scale = Callable[..., Array | tuple[Array, ...]]
"""A function of the exact result and the operation's arguments: the magnitudes that were added. For an
operation with several results a tuple."""


@dataclass
class Case:
    """One call of one operation: its arguments, the terms of a sum, and the scale (None: absolute values).

    With `planes`, the largest scale of a plane serves all of it.
    """

    operation: str
    arguments: dict[str, Any]
    terms: int
    scale: Scale | None = None
    label: str = ""
    planes: bool = False


@dataclass
class Row:
    """The outcome of a case: the largest error in units of terms * eps * scale, and its bound."""

    name: str
    dtype: str
    error: float
    bound: float = field(default=1.0)

    @property
    def passed(self) -> bool:
        """Whether every element lies within the bound."""
        return self.error <= self.bound


def check(case: Case) -> Row:
    """Run a case with the kernels and with the reference in float64, and compare."""
    arguments = case.arguments
    fast = getattr(kernels, case.operation)(**arguments)
    wide = {name: _map(value, lambda a: a.astype(np.float64)) for name, value in arguments.items()}
    exact = getattr(reference, case.operation)(**wide)
    if case.scale is None:
        magnitudes = {name: _map(value, np.abs) for name, value in wide.items()}
        scale = getattr(reference, case.operation)(**magnitudes)
    else:
        scale = case.scale(exact, **wide)
    parts = zip(_parts(fast), _parts(exact), _parts(scale), strict=True)
    error = max(_error(case, *part) for part in parts)
    name = f"{case.operation} {case.label}".strip()
    return Row(name, str(_parts(fast)[0].dtype), error)


def _parts(result: Any) -> tuple[Array, ...]:
    """The arrays of a result."""
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def _error(case: Case, fast: Array, exact: Array, scale: Array) -> float:
    """The largest error in units of terms * eps * scale."""
    if fast.shape != exact.shape:
        return float("inf")
    if case.planes:
        scale = neighbours(scale)
    unit = case.terms * np.finfo(fast.dtype).eps * np.abs(scale)
    difference = np.abs(fast.astype(np.float64) - exact)
    ratio = np.divide(difference, unit, out=np.where(difference == 0, 0.0, np.inf), where=unit > 0)
    return float(np.max(ratio, initial=0.0))


def neighbours(scale: Array) -> Array:
    """The largest scale of each plane (..., H, W), for every element of it."""
    return np.broadcast_to(scale.max(axis=(-2, -1), keepdims=True), scale.shape)


def _map(value: Any, change: Callable[[Array], Array]) -> Any:
    """Change floating-point arrays, in a list too; leave labels, indices, shapes and options alone."""
    if isinstance(value, list):
        return [_map(inner, change) for inner in value]
    return change(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
