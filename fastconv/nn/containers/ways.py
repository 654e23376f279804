"""What containers share whose layers all read the container's input, and are joined at the end."""

from fastconv.nn.base import Layer, Node
from fastconv.nn.places import shape_at
from fastconv.nn.summary import Row
from fastconv.types import Shape


class Ways(Layer):
    """Layers side by side, by name, and what joins their outputs."""

    def _ways(self) -> dict[str, Layer]:
        """The layers that read the input, by name."""
        raise NotImplementedError

    def _join(self) -> Layer:
        """The layer of several inputs that makes one output of theirs."""
        raise NotImplementedError

    def _ends(self, name: str, source: str) -> tuple[list[Node], list[str]]:
        """The nodes of all ways, and the name of each one's last."""
        nodes: list[Node] = []
        ends = []
        for key, layer in self._ways().items():
            inside = layer.nodes(f"{name}.{key}" if name else key, source)
            ends.append(inside[-1].name if inside else source)
            nodes += inside
        return nodes, ends

    def _parts(self, name: str, source: str) -> list[Node]:
        """The nodes of all ways, then what joins them."""
        nodes, ends = self._ends(name, source)
        return [*nodes, Node(name, self._join(), tuple(ends))]

    def _shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """What each way gives."""
        return {name: shape_at(name, layer, tuple(input_shape)) for name, layer in self._ways().items()}

    def multiply_adds(self, input_shape: Shape) -> int:
        """The sum over all ways; joining them is not counted."""
        return sum(layer.multiply_adds(input_shape) for layer in self._ways().values())

    def rows(self, input_shape: Shape, name: str = "") -> list[Row]:
        """The lines of `summary`: those of all ways, and the whole."""
        prefix = f"{name}." if name else ""
        inside = [layer.rows(input_shape, f"{prefix}{key}") for key, layer in self._ways().items()]
        own = Row(f"{name} {type(self).__name__}".strip(), self.output_shape(input_shape), 0, 0)
        return [*(row for rows in inside for row in rows), own]
