"""Operations one after another on each element."""

from typing import Any

from fastconv.reference import activation, arithmetic, norm
from fastconv.types import Array


def chain(input: Array, stages: tuple[Any, ...]) -> Array:
    """Apply operations one after another: y = f_n(... f_2(f_1(x))), f_i the stage (name, *arguments).

    The names are those of activations, `channel_norm`, `add`, `subtract`, `multiply`, `divide`, `maximum`,
    `minimum`; the first argument of each is what the one before gave. Any shape that they all take.
    """
    y = input
    for name, *arguments in stages:
        families = (activation, arithmetic, norm)
        operation = next(getattr(family, name) for family in families if hasattr(family, name))
        y = operation(y, *arguments)
    return y
