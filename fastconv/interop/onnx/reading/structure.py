"""A model of layers that read each other: a sequence, with blocks inside, where the graph is one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastconv import nn
from fastconv.interop.onnx.reading.call import Made
from fastconv.interop.onnx.reading.operations.patterns import unread
from fastconv.interop.onnx.reading.values import GraphError

DEEPEST = 16
"""How many blocks may lie in each other before a graph stays one."""


class Chain(NamedTuple):
    """Layers one after the other, the names of what the first one reads, and how deep blocks lie in them."""

    layers: tuple[nn.Layer, ...]
    sources: tuple[str, ...]
    depth: int = 0

    @property
    def joins(self) -> bool:
        """Whether this is a layer of several inputs."""
        return self.layers[0].takes_several


def model_of(layers: Mapping[str, Made], output: str) -> nn.Layer:
    """The model whose last layer is `output`: a Sequential if it can be one, else a Graph."""
    needed = _needed(layers, output)
    if not needed:
        return nn.Sequential(nn.Identity())
    for made in needed.values():
        if part := unread(made.layer):
            node, whole = part
            raise GraphError(f"load: {node}: got one that is no part of {whole}, needs to be")
    chains = _chains(needed)
    if len(chains) == 1 and not (last := chains[output]).joins:
        return nn.Sequential(*last.layers)
    nodes = {name: (made.layer, *(source.name for source in made.sources)) for name, made in needed.items()}
    return nn.Graph(nodes)


def _needed(layers: Mapping[str, Made], output: str) -> dict[str, Made]:
    """The layers that the output needs, in their order; the last gives it."""
    needed = {output}
    for name in reversed([*layers]):
        if name in needed:
            needed.update(source.name for source in layers[name].sources)
    return {name: made for name, made in layers.items() if name in needed}


def _chains(layers: Mapping[str, Made]) -> dict[str, Chain]:
    """The layers put together as far as that goes, each chain under the name of its last layer."""
    reads = Counter(source.name for made in layers.values() for source in made.sources)
    chains: dict[str, Chain] = {}
    for name, made in layers.items():
        chain = Chain((made.layer,), tuple(source.name for source in made.sources))
        if chain.joins:
            chain = _block(made, chain, chains, reads)
        before = chains.get(chain.sources[0])
        if not chain.joins and before is not None and not before.joins and reads[chain.sources[0]] == 1:
            del chains[chain.sources[0]]
            depth = max(chain.depth, before.depth)
            chain = Chain(before.layers + chain.layers, before.sources, depth)
        chains[name] = chain
    return chains


def _block(made: Made, join: Chain, chains: dict[str, Chain], reads: Counter[str]) -> Chain:
    """A Residual or a Concat in place of a join whose ways begin in one place; else the join as it is."""
    starts = [{name, *_origin(chains.get(name), reads[name])} for name in join.sources]
    common = set.intersection(*starts)
    if not common or type(made.layer) not in (nn.Add, nn.Concatenate):
        return join
    # Where all begin at two places that follow each other, the later one leaves less inside.
    start = next((name for name in join.sources if name in common), min(common))
    ways = [() if name == start else chains[name].layers for name in join.sources]
    depth = 1 + max([chains[name].depth for name in join.sources if name != start], default=0)
    block = _joined(made, ways)
    if block is None or depth > DEEPEST:
        return join
    for name in join.sources:
        if name != start:
            del chains[name]
    reads[start] -= len(join.sources) - 1
    return Chain((block,), (start,), depth)


def _origin(chain: Chain | None, reads: int) -> tuple[str, ...]:
    """Where a way begins that nothing else reads."""
    return chain.sources if chain is not None and not chain.joins and reads == 1 else ()


def _joined(made: Made, ways: Sequence[tuple[nn.Layer, ...]]) -> nn.Layer | None:
    """The block of these ways; None where a sum is none of two ways of one shape."""
    if isinstance(made.layer, nn.Concatenate):
        return nn.Concat(*(_one(way) or nn.Identity() for way in ways), dim=made.layer.dim)
    shapes = {source.shapes for source in made.sources}
    if len(ways) != 2 or len(shapes) > 1 or None in shapes or not any(ways):
        return None
    body, shortcut = sorted(ways, key=_weight, reverse=True)
    return nn.Residual(_one(body) or nn.Identity(), _one(shortcut))


def _weight(way: Sequence[nn.Layer]) -> tuple[int, int]:
    """How many layers have parameters, and how many there are: a shortcut has fewer."""
    return sum(bool(layer.parameters()) for layer in way), len(way)


def _one(layers: tuple[nn.Layer, ...]) -> nn.Layer | None:
    """The layers as one."""
    return (layers[0] if len(layers) == 1 else nn.Sequential(*layers)) if layers else None
