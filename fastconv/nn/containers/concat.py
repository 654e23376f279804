"""Concat: layers side by side, their outputs one after the other."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.architecture import build, described
from fastconv.nn.base import Backward, Gradients, Layer, Node
from fastconv.nn.containers.arguments import layers_of
from fastconv.nn.containers.joins import Concatenate
from fastconv.nn.places import locate
from fastconv.nn.summary import Row
from fastconv.nn.tree import prefixed
from fastconv.types import Array, Shape


class Concat(Layer):
    """y holds branch_0(x), branch_1(x), … one after the other along the axis `dim`.

    dx = Σ_i dbranch_i(dy_i), where dy_i is the branch's part of dy. The parameters are named by their branch:
    `branches.0.weight`. `nn.Identity()` is the branch that keeps x, as in a U-Net or a dense block.

    **Arguments:**

    - `branches`: the layers, each an argument. They give shapes that differ along `dim` alone.
    - `dim`: the axis, not the batch's, 0; below 0 it counts from the end. 1 is that of the channels.
    """

    layers_in = ("_branches",)
    checks: ClassVar[Checks] = {"dim": arguments.sample_axis}

    def __init__(self, *branches: Layer, dim: int = 1) -> None:
        super().__init__()
        self._branches = layers_of("Concat", "branch", branches)
        if not branches:
            raise validate.wrong_value("Concat", "branches", "none", "one at least")
        self.dim = dim

    @property
    def branches(self) -> tuple[Layer, ...]:
        """The layers side by side."""
        return self._branches

    def children(self) -> dict[str, Layer]:
        """The branches, each with its name, and those layers that are attributes of a user's class."""
        return {
            **{f"branches.{index}": layer for index, layer in enumerate(self._branches)},
            **super().children(),
        }

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The branches' outputs, and the gradients' closure."""
        outputs, closures = [], []
        for name, layer in self._named():
            try:
                y, closure = layer.forward(x, training)
            except (TypeError, ValueError) as error:
                locate(error, name, layer, x)
                raise
            outputs.append(y)
            closures.append(closure)
        if len({(y.ndim, *y.shape[2:]) for y in outputs}) > 1:
            self.output_shape(x.shape[1:])
        y, join = Concatenate(self.dim).forward(tuple(outputs), training)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            dx: Array | None = None
            gradients: Gradients = {}
            parts, _ = join(dy)
            for (name, layer), closure, part in zip(self._named(), closures, parts or (), strict=True):
                try:
                    of_branch, found = closure(part, input_gradient=input_gradient)
                except (TypeError, ValueError) as error:
                    locate(error, name, layer)
                    raise
                gradients |= prefixed(name, found)
                if of_branch is not None:
                    dx = of_branch if dx is None else F.add(dx, of_branch)
            return (dx if input_gradient else None), self._added_up(gradients)

        return y, backward

    def _named(self) -> list[tuple[str, Layer]]:
        return [(f"branches.{index}", layer) for index, layer in enumerate(self._branches)]

    def _parts(self, name: str, source: str) -> list[Node]:
        """The nodes of all branches, then what puts their outputs together."""
        nodes: list[Node] = []
        ends = []
        for key, layer in self._named():
            inside = layer.nodes(f"{name}.{key}" if name else key, source)
            ends.append(inside[-1].name if inside else source)
            nodes += inside
        return [*nodes, Node(name, Concatenate(self.dim), tuple(ends))]

    def output_shape(self, input_shape: Shape) -> Shape:
        """The branches' shape, with the sum of their sizes along `dim`."""
        shapes = []
        for name, layer in self._named():
            try:
                shapes.append(layer.output_shape(tuple(input_shape)))
            except ValueError as error:
                locate(error, name, layer)
                raise
        try:
            return Concatenate(self.dim).output_shape(*shapes)
        except ValueError as error:
            raise ValueError(f"Concat: {str(error).removeprefix('Concatenate: ')}") from None

    def multiply_adds(self, input_shape: Shape) -> int:
        """The sum over all branches."""
        return sum(layer.multiply_adds(input_shape) for layer in self._branches)

    def rows(self, input_shape: Shape, name: str = "") -> list[Row]:
        """The lines of `summary`: those of all branches, and the whole."""
        prefix = f"{name}." if name else ""
        inside = [layer.rows(input_shape, f"{prefix}{key}") for key, layer in self._named()]
        own = Row(f"{name} Concat".strip(), self.output_shape(input_shape), 0, 0)
        return [*(row for rows in inside for row in rows), own]

    def config(self) -> dict[str, Any]:
        """The axis."""
        return {"dim": self.dim}

    def _inside(self) -> dict[str, Any]:
        return {"branches": [described(layer) for layer in self._branches]}

    @classmethod
    def from_description(cls, arguments: dict[str, Any]) -> "Concat":
        """The described branches, freshly initialised."""
        if not isinstance(arguments.get("branches"), list):
            raise ValueError("architecture: got a Concat without a list of branches")
        return cls(*map(build, arguments.pop("branches")), **arguments)
