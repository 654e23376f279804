"""The steps of an explanation with the gradients that it leaves out, such as that of the input."""

from collections.abc import Sequence

from fastconv.backends import backend
from fastconv.explanation.narration import Backward
from fastconv.explanation.steps import Step
from fastconv.explanation.walk import Walk


def whole(steps: Sequence[Step], walk: Walk) -> list[Step]:
    """All steps, the further gradients behind those that lead to parameters."""
    known = {*walk.wanted, len(walk.places)}
    if known.issuperset(range(len(walk.values))):
        return [*steps]
    with backend("reference"):
        again = Walk(walk.model, walk.loss, walk.values[0], walk.y, whole=True)
        more = list(Backward(again.model, again).beyond(known))
    return (
        [step for part in ("forward", "backward") for step in steps if step.part == part]
        + more
        + [step for step in steps if step.part == "update"]
    )
