"""Graph: named layers, each with the names of what it reads."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastconv import exchange, validate
from fastconv import functional as F
from fastconv.nn.architecture import build, described
from fastconv.nn.arguments import generator
from fastconv.nn.base import INPUT, Backward, Gradients, Layer, Node
from fastconv.nn.containers.arguments import layer_of, name_of
from fastconv.nn.places import locate, shape_at
from fastconv.nn.summary import Row
from fastconv.types import Array, Shape


class Graph(Layer):
    """Layers that read each other's outputs in any order without a circle, as `Sequential` cannot say.

    `Graph({"a": (nn.Conv2d(3, 8, 1), "input"), "b": (nn.ReLU(), "a"), "sum": (nn.Add(), "a", "b")})`. An
    output that several nodes read gets the sum of their gradients. The parameters are named by their node:
    `a.weight`. The output is that of the last node.

    **Arguments:**

    - `nodes`: a dict of name and (layer, names of what it reads…), in an order in which each reads earlier
      ones; "input" is the model's input. `nn.Add`, `nn.Subtract`, `nn.Multiply`, `nn.Divide`, `nn.Maximum`,
      `nn.Minimum` and `nn.Concatenate` read several, others one. TypeError, ValueError for a name that is
      not there yet, and for a node that nothing reads.
    - `seed`: draws the parameters of all layers anew, as in `Sequential`; None keeps what the layers have.
    """

    layers_in = ("_nodes",)

    def __init__(self, nodes: Mapping[str, tuple[Any, ...]], *, seed: int | None = None) -> None:
        super().__init__()
        validate.instance("Graph", "nodes", nodes, Mapping)
        self._nodes: dict[str, tuple[Layer, tuple[str, ...]]] = {}
        for name, node in nodes.items():
            self._nodes[name_of("Graph", name)] = self._checked_node(name, node)
        if not nodes:
            raise validate.wrong_value("Graph", "nodes", "none", "one at least")
        read = Counter(source for _, sources in self._nodes.values() for source in sources)
        for name in [INPUT, *self._nodes][:-1]:
            if name not in read:
                raise validate.wrong_value(
                    "Graph", "nodes", f"{name!r}, which no node reads", "a reader of each"
                )
        self._last = next(reversed(self._nodes))
        self._leading: tuple[object, tuple[frozenset[str], ...]] = (None, ())
        if seed is not None:
            self.initialize(generator("Graph", "seed", seed))

    def _checked_node(self, name: str, node: Any) -> tuple[Layer, tuple[str, ...]]:
        """A node's layer and the names of what it reads."""
        if not isinstance(node, tuple | list) or len(node) < 2:
            got = f"{node!r} for {name!r}"
            raise validate.wrong_type("Graph", "nodes", got, "(layer, name of what it reads, …)")
        for source in node[1:]:
            if source != INPUT and source not in self._nodes:
                needs = f"one of {', '.join([INPUT, *self._nodes])}"
                raise validate.wrong_value("Graph", "nodes", f"{name!r} that reads {source!r}", needs)
        layer = layer_of("Graph", f"node {name!r}", node[0])
        if len(node) > 2 and not layer.takes_several:
            got = f"{name!r}, a {type(layer).__name__}, that reads {len(node) - 1}"
            raise validate.wrong_value(
                "Graph", "nodes", got, "one name; nn.Add, nn.Concatenate and their like read several"
            )
        return layer, tuple(node[1:])

    def children(self) -> dict[str, Layer]:
        """The layers by their nodes' names, and those that are attributes of a user's class."""
        return {**{name: layer for name, (layer, _) in self._nodes.items()}, **super().children()}

    def reads(self) -> dict[str, tuple[Layer, tuple[str, ...]]]:
        """Each node's layer and the names of what it reads, in the order in which they run."""
        return dict(self._nodes)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The last node's output, and a closure that runs the nodes' closures backwards."""
        values = {INPUT: x if type(x) is np.ndarray else exchange.taken("Graph", "x", x)}
        closures: dict[str, Backward] = {}
        for name, (layer, sources) in self._nodes.items():
            read = [values[source] for source in sources]
            given: Any = tuple(read) if layer.takes_several else read[0]
            try:
                values[name], closures[name] = layer.forward(given, training)
            except (TypeError, ValueError) as error:
                locate(error, name, layer, *read)
                raise

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            wanted = self._wanted(input_gradient)
            flow: dict[str, Array] = {self._last: dy}
            found: dict[str, Gradients] = {}
            for name in reversed(self._nodes):
                layer, sources = self._nodes[name]
                if name not in wanted or name not in flow:
                    found[name] = dict.fromkeys(layer.parameters())
                    continue
                asked = any(source in wanted for source in sources)
                try:
                    dx, found[name] = closures[name](flow.pop(name), input_gradient=asked)
                except (TypeError, ValueError) as error:
                    locate(error, name, layer)
                    raise
                for source, part in zip(sources, dx if isinstance(dx, tuple) else (dx,), strict=False):
                    if source in wanted and part is not None:
                        flow[source] = F.add(flow[source], part) if source in flow else part
            gradients = {f"{name}.{key}": g for name in self._nodes for key, g in found[name].items()}
            return (flow.get(INPUT) if input_gradient else None), self._added_up(gradients)

        return values[self._last], backward

    def _wanted(self, input_gradient: bool) -> frozenset[str]:
        """The nodes whose output's gradient leads to a parameter that is trained, or to the input."""
        changes, leading = self._leading
        if changes is not Layer.changes:
            changes = Layer.changes
            leading = tuple(frozenset(self._leading_to(start)) for start in ((), (INPUT,)))
            self._leading = changes, leading
        return leading[input_gradient]

    def _leading_to(self, start: tuple[str, ...]) -> set[str]:
        wanted = {*start}
        for name, (layer, sources) in self._nodes.items():
            if layer._trains() or not wanted.isdisjoint(sources):
                wanted.add(name)
        return wanted

    def _parts(self, name: str, source: str) -> list[Node]:
        """The nodes, and in place of a container those inside it."""
        ends, nodes = {INPUT: source}, list[Node]()
        for key, (layer, sources) in self._nodes.items():
            inside = layer.nodes(f"{name}.{key}" if name else key, *(ends[read] for read in sources))
            ends[key] = inside[-1].name if inside else ends[sources[0]]
            nodes += inside
        return nodes

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the last node's output."""
        return self._shapes(input_shape)[self._last]

    def _shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shape of each node's output, and of the input."""
        shapes = {INPUT: tuple(input_shape)}
        for name, (layer, sources) in self._nodes.items():
            shapes[name] = shape_at(name, layer, *(shapes[source] for source in sources))
        return shapes

    def multiply_adds(self, input_shape: Shape) -> int:
        """The sum over all nodes that read one input."""
        shapes = self._shapes(input_shape)
        nodes = (node for node in self._nodes.values() if not node[0].takes_several)
        return sum(layer.multiply_adds(shapes[sources[0]]) for layer, sources in nodes)

    def rows(self, input_shape: Shape, name: str = "") -> list[Row]:
        """The lines of `summary`: those of all nodes."""
        shapes, prefix = self._shapes(input_shape), f"{name}." if name else ""
        found: list[Row] = []
        for key, (layer, sources) in self._nodes.items():
            if not layer.takes_several:
                found += layer.rows(shapes[sources[0]], f"{prefix}{key}")
            else:
                found.append(Row(f"{prefix}{key} {type(layer).__name__}", shapes[key], 0, 0))
        return found

    def _inside(self) -> dict[str, Any]:
        return {"nodes": {name: [described(layer), *reads] for name, (layer, reads) in self._nodes.items()}}

    @classmethod
    def from_description(cls, arguments: dict[str, Any]) -> "Graph":
        """The described nodes, freshly initialised."""
        nodes = arguments.get("nodes")
        if not isinstance(nodes, dict) or not all(isinstance(n, list) and n for n in nodes.values()):
            raise ValueError("architecture: got a Graph without a dict of nodes")
        return cls({name: (build(layer), *reads) for name, (layer, *reads) in nodes.items()})
