"""What becomes of recorded operations before they run: rules, in order, that keep all bits."""

from collections.abc import Iterable

from fastconv.plan.places import Places
from fastconv.plan.record import Operation, Recording, arrays_in
from fastconv.types import Array


def rewritten(recording: Recording, places: Places, outputs: list[Array]) -> list[Operation]:
    """The operations after all rules."""
    return recording.operations


def needed(operations: list[Operation], places: Places, outputs: list[Array]) -> list[Operation]:
    """The operations whose results somebody reads, or that change what stays."""
    wanted = roots(outputs, places)
    found: list[Operation] = []
    for operation in reversed(operations):
        if not operation.results or roots(operation.results, places) & wanted:
            found.append(operation)
            wanted |= roots(operation.reads, places)
            for launch in operation.launches:
                wanted |= roots(arrays_in(launch.arguments), places)
    return found[::-1]


def roots(arrays: Iterable[Array], places: Places) -> set[int]:
    """The roots in which arrays lie."""
    return {place.root for array in arrays if (place := places.find(array)) is not None}
