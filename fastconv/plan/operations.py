"""The operations of a plan as rules see them: who made an array, who reads it, and what stands for what."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastconv.plan.places import Places
from fastconv.plan.record import Operation, Recording, UnplannedError, arrays_in
from fastconv.types import Array


class Operations:
    """Recorded operations in order, which rules replace by others that give the same bits.

    **Arguments:**

    - `recording`: the operations, and what lowers others.
    - `places`: where arrays lie.
    - `outputs`: the arrays that somebody reads after the last operation.
    """

    def __init__(self, recording: Recording, places: Places, outputs: Iterable[Array]) -> None:
        self._recording, self._places = recording, places
        self._wanted = places.roots_of(outputs)
        self.all = list(recording.operations)
        for operation in self.all:
            self._check(operation)

    def maker(self, array: Array, *names: str) -> Operation | None:
        """The operation of one of these names whose result, or one of whose results, this array is."""
        for operation in self.all:
            if operation.name in names and any(self.same(array, result) for result in operation.results):
                return operation
        return None

    def same(self, one: Any, other: Any) -> bool:
        """Whether two arrays are the same elements of the same memory."""
        if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
            return False
        if not (one.size and _alike(one, other)):
            return False
        place = self._places.find(one)
        return place is not None and place == self._places.find(other)

    def readers(self, array: Array) -> list[Operation]:
        """The operations that read anything of an array's memory."""
        (root,) = self._places.roots_of([array]) or (None,)
        return [operation for operation in self.all if root in self._places.roots_of(operation.reads)]

    def read_once(self, array: Array) -> bool:
        """Whether one operation alone reads anything of an array's memory, and nobody after the last one."""
        wanted = bool(self._places.roots_of([array]) & self._wanted)
        return not wanted and len(self.readers(array)) == 1

    def replace(self, old: tuple[Operation, ...], name: str, **given: Any) -> bool:
        """Put another operation in the place of the last one of these; the last one's results are its own.

        The others go. False, and nothing has changed, where its results have another layout.
        """
        last, settled = old[-1], len(self._recording.trace.settled)
        new = self._recording.lowered(Operation(name, given, fused=self._parts(old)))
        pairs = list(zip(last.results, new.results, strict=False))
        if len(pairs) != len(last.results) or not all(_alike(*pair) for pair in pairs):
            del self._recording.trace.settled[settled:]
            return False
        for array in new.made:
            self._places.add(array)
        for before, now in pairs:
            self._places.alias(now, before)
        self._put(new, old)
        return True

    def instead(self, old: tuple[Operation, ...], name: str, **given: Any) -> Operation:
        """Put another operation in the place of the last one of these, whose first result it gives.

        Nobody reads its other results. The others go.
        """
        new = self._recording.lowered(Operation(name, given, fused=self._parts(old)))
        for array in new.made:
            self._places.add(array)
        self._places.alias(new.results[0], old[-1].results[0])
        self._put(new, old)
        return new

    def _put(self, new: Operation, old: tuple[Operation, ...]) -> None:
        self.all[self.all.index(old[-1])] = new
        for operation in old[:-1]:
            self.all.remove(operation)

    def put_before(self, reader: Operation, name: str, argument: str, **given: Any) -> None:
        """Put an operation before another one, which reads its result as this argument from then on."""
        new = self._recording.lowered(Operation(name, given))
        again = self._recording.lowered(Operation(reader.name, {**reader.given, argument: new.result}))
        for array in (*new.made, *again.made):
            self._places.add(array)
        for before, now in zip(reader.results, again.results, strict=True):
            self._places.alias(now, before)
        at = self.all.index(reader)
        again.fused, again.layer, new.layer = reader.fused, reader.layer, reader.layer
        self.all[at : at + 1] = [new, again]

    def pass_on(self, operation: Operation, array: Array) -> None:
        """Leave out an operation: whoever reads its result reads this array."""
        self._places.alias(operation.result, array)
        self.all.remove(operation)

    def drop_unread(self) -> None:
        """Leave out operations whose results nobody reads, and that change nothing that stays."""
        wanted, found = set(self._wanted), list[Operation]()
        for operation in reversed(self.all):
            if not operation.results or self._places.roots_of(operation.results) & wanted:
                found.append(operation)
                wanted |= self._places.roots_of(operation.reads)
                for launch in operation.launches:
                    wanted |= self._places.roots_of(arrays_in(launch.arguments))
        self.all = found[::-1]

    def _check(self, operation: Operation) -> None:
        """UnplannedError where an operation reads what none of them has made."""
        launched = (launch.arguments for launch in operation.launches)
        try:
            self._places.roots_of(arrays_in((*operation.reads, *launched)))
        except UnplannedError as error:
            where = f" in {operation.layer}" if operation.layer else ""
            raise UnplannedError(f"{error}, and {operation.name}{where} reads it") from None

    def _parts(self, old: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(part for operation in old for part in (operation.fused or (operation,)))


def _alike(one: Array, other: Array) -> bool:
    """Whether two arrays have the same type, shape and layout."""
    steps = zip(one.shape, one.strides, other.strides, strict=False)
    same = one.shape == other.shape and one.dtype == other.dtype
    return same and all(size == 1 or step == move for size, step, move in steps)
