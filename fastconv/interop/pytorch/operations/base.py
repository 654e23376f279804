"""What an operation is while a module's forward is followed, and what makes a step of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from fastconv import nn
from fastconv.interop.pytorch.leaves import Leaves

Size = Any
"""A whole number, or the name of one that follows from the number of samples."""


class Value(NamedTuple):
    """What a step gives: the step's name, and its shape."""

    name: str
    shape: tuple[Size, ...]


class Operation(NamedTuple):
    """One operation: its arguments by name, what it gives in the trace, and what adds a step."""

    given: dict[str, Any]
    result: Any
    leaves: Leaves
    add: Callable[..., Value]

    @property
    def input(self) -> Value:
        """The first argument, as another object: what overwrites one of them may leave the other.

        ValueError where it is no value but numbers of the module's.
        """
        value = next(iter(self.given.values()))
        if not isinstance(value, Value):
            raise ValueError("got fixed numbers as its first argument, needs what depends on the input")
        return Value(*value)

    @property
    def shape(self) -> tuple[Size, ...]:
        """The shape of the result."""
        return sizes(self.result)

    def option(self, *names: str) -> list[Any]:
        """These arguments."""
        return [self.given[name] for name in names]


Make = Callable[[Operation], Any]
"""Adds the steps of an operation, and returns what it gives: a value, or a list of them."""


def sizes(tensor: Any) -> tuple[Size, ...]:
    """The shape of a tensor in the trace."""
    return tuple(int(size) if str(size).isdigit() else str(size) for size in tensor.shape)


def layer(kind: Callable[..., nn.Layer], *names: str) -> Make:
    """A layer whose settings are these arguments."""

    def make(op: Operation) -> Any:
        return op.add(kind(**{name: op.given[name] for name in names}), op.input)

    return make


def flat(values: Iterable[Any]) -> Iterator[Any]:
    """The values in arguments and in lists of them; a `Value` is one."""
    for value in values:
        if isinstance(value, list | tuple) and not isinstance(value, Value):
            yield from flat(value)
        else:
            yield value


def free_name(name: str, taken: set[str]) -> str:
    """This name, or with the first number that makes it another than those taken."""
    count, free = 0, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free
