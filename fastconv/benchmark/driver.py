"""The parent: asks the systems in turn. It loads neither a peer nor a kernel itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastconv.benchmark import check
from fastconv.benchmark.child import ChildError, Children
from fastconv.benchmark.peers import OURS, PACKAGES, package, systems
from fastconv.benchmark.results import Peak, Result
from fastconv.benchmark.rows import PASSES, Row


@dataclass(frozen=True)
class Plan:
    """How to measure."""

    threads: int
    seconds: float = 0.25
    """Of each system in each pass of each row, over all rounds."""
    rounds: int = 5
    passes: tuple[str, ...] = tuple(PASSES)
    packages: tuple[str, ...] = tuple(PACKAGES)
    """Those of `peers.PACKAGES` that take part."""


def work_list(rows: Sequence[Row], passes: Sequence[str]) -> list[tuple[Row, str]]:
    """Each row with each of its passes that is wanted."""
    return [(row, which) for row in rows for which in row.passes if which in passes]


def run(children: Children, rows: Sequence[Row], plan: Plan) -> Iterator[Result]:
    """Measure each pass of each row, and give the results one by one as they come."""
    for row, which in work_list(rows, plan.passes):
        yield measure(children, row, which, plan)


def measure(children: Children, row: Row, which: str, plan: Plan) -> Result:
    """Prepare a pass in every system, compare the results, and time it in rounds A B C A B C.

    What fails, or what the systems do not agree on, is not timed: the result says why.
    """
    result = Result(row, which)
    names = systems(row.kind, which, plan.packages)
    if row.kind == "network":
        children.end()  # what a library keeps of one pass must not hide what the next one takes
    try:
        replies = {name: children.ask(name, "prepare", line=row.line, which=which) for name in names}
        result.first = {name: reply["first"] for name, reply in replies.items()}
        result.memory = {name: reply["memory"] for name, reply in replies.items() if reply.get("memory")}
        result.algorithm = replies[OURS]["algorithm"]
        off = replies[OURS]["error"]
        if not off <= check.TOLERANCE:
            raise ChildError(f"{OURS}: the result is off the reference by {off:.2g} of its magnitude")
        for name in names[1:]:
            said = check.difference(replies[OURS]["fingerprint"], replies[name]["fingerprint"])
            if said:
                raise ChildError(f"{OURS}: the result differs from that of {name}: {said}")
        turns: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(plan.rounds):
            for name in names:
                reply = children.ask(name, "turn", seconds=plan.seconds / plan.rounds)
                turns[name].append(reply["seconds"])
        result.rounds = turns
    except ChildError as error:
        result.failure = str(error)
    return result


def peak(children: Children, plan: Plan) -> Peak:
    """Measure what the machine can do at most: arithmetic and memory, each for four times `plan.seconds`."""
    return Peak(**children.ask(OURS, "peak", seconds=4 * plan.seconds))


def describe(children: Children, rows: Sequence[Row], plan: Plan) -> dict[str, str]:
    """What the systems that these rows need say of themselves, for the head of the report."""
    passes = work_list(rows, plan.passes)
    needed = {name: None for row, which in passes for name in systems(row.kind, which, plan.packages)}
    one_each = {package(name): name for name in (OURS, "numpy", *needed)}
    said: dict[str, str] = {}
    for name in one_each.values():
        said |= children.ask(name, "describe")["system"]
    return said
