"""Checks of what metrics are made with."""

import math
from typing import Any

from fastconv import validate
from fastconv.training.metrics.base import EACH


def threshold_or_none(kind: str, name: str, value: Any) -> float | None:
    """None, or a number."""
    return None if value is None else validate.number(kind, name, value, -math.inf, math.inf)


def ignored(kind: str, name: str, value: Any) -> int:
    """A label that does not count, a whole number."""
    return validate.integer(kind, name, value, low=-validate.LARGEST)


def averaging(kind: str, name: str, value: Any) -> str | None:
    """How the figures of classes become one."""
    if value is not None and not (isinstance(value, str) and value in EACH):
        raise validate.wrong_value(kind, name, repr(value), "'macro', 'micro' or None")
    return value


def count_or_none(kind: str, name: str, value: Any) -> int | None:
    """None, or a number of classes."""
    return None if value is None else validate.integer(kind, name, value)
