"""Steps under dotted names as containers inside containers, with the names of their modules."""

from typing import NamedTuple

from fastconv import nn
from fastconv.interop.pytorch.operations.base import free_name
from fastconv.nn.base import INPUT


class Step(NamedTuple):
    """A layer, and the names of the steps whose values it reads; "input" is the model's input."""

    layer: nn.Layer
    reads: tuple[str, ...]


class _Part(NamedTuple):
    """A step on its way into containers: the rest of its name, and what it was called as a whole."""

    path: tuple[str, ...]
    name: str
    step: Step


def nested(steps: dict[str, Step], output: str) -> nn.Layer:
    """The steps that lead to `output` as one container; one chain of them is a Sequential."""
    needed, waiting = set[str](), [output]
    while waiting:
        name = waiting.pop()
        if name in steps and name not in needed:
            needed.add(name)
            waiting += steps[name].reads
    parts = [_Part(tuple(n.split(".")), n, step) for n, step in steps.items() if n in needed]
    return _container(parts, INPUT)


def _container(parts: list[_Part], source: str) -> nn.Layer:
    """The container of these parts, which read each other and, from outside, `source` alone."""
    nodes: dict[str, tuple[nn.Layer, tuple[str, ...]]] = {}
    ends = {source: INPUT}
    for name, group in _groups(parts).items():
        first = group[0]
        if len(first.path) == 1:
            nodes[name] = first.step.layer, tuple(ends[read] for read in first.step.reads)
        else:
            (outside,) = _sources(group)
            inner = [part._replace(path=part.path[1:]) for part in group]
            nodes[name] = _container(inner, outside), (ends[outside],)
        ends[group[-1].name] = name
    before = [INPUT, *nodes]
    chain = all(reads == (before[at],) for at, (_, reads) in enumerate(nodes.values()))
    if not chain or any(layer.takes_several for layer, _ in nodes.values()):
        return nn.Graph({name: (layer, *reads) for name, (layer, reads) in nodes.items()})
    layers = {name: layer for name, (layer, _) in nodes.items()}
    numbered = list(layers) == [str(index) for index in range(len(layers))]
    return nn.Sequential(*layers.values()) if numbered else nn.Sequential(layers)


def _groups(parts: list[_Part]) -> dict[str, list[_Part]]:
    """The parts by the first word of their names, in an order in which each reads earlier ones.

    What has not one value that enters and one that leaves is no module here: where what it begins with is a
    join of several values, that stands before it, and else all its parts join two words of their names.
    """
    while True:
        groups: dict[str, list[_Part]] = {}
        for part in parts:
            groups.setdefault(part.path[0], []).append(part)
        moved: dict[str, str] = {}
        for group in groups.values():
            if not _closed(group, parts):
                words = dict.fromkeys(part.path[:2] for part in group)
                outside = {key: free_name("_".join(key), {*groups, *moved.values()}) for key in words}
                join, rest = group[0].step.layer.takes_several, group[1:]
                leaving = group[:1] if join and rest and _closed(rest, parts) else group
                moved |= {part.name: outside[part.path[:2]] for part in leaving}
        if not moved:
            break
        parts = [
            part._replace(path=(moved[part.name], *part.path[2:])) if part.name in moved else part
            for part in parts
        ]
    last = {part.path[0]: at for at, part in enumerate(parts)}
    return {name: groups[name] for name in sorted(groups, key=last.__getitem__)}


def _closed(group: list[_Part], parts: list[_Part]) -> bool:
    """Whether one value enters the group, and its last one alone is read outside."""
    if len(group[0].path) == 1:
        return True
    own = {part.name for part in group}
    read = {name for part in parts if part.name not in own for name in part.step.reads}
    return len(_sources(group)) == 1 and own & read <= {group[-1].name}


def _sources(group: list[_Part]) -> set[str]:
    own = {part.name for part in group}
    return {read for part in group for read in part.step.reads} - own
