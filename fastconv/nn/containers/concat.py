"""Concat: layers side by side, their outputs one after the other."""

from typing import Any, ClassVar

import numpy as np

from fastconv import exchange, validate
from fastconv import functional as F
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.architecture import build, described
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.nn.containers.arguments import layers_of
from fastconv.nn.containers.concatenate import Concatenate
from fastconv.nn.containers.ways import Ways
from fastconv.nn.places import locate
from fastconv.nn.tree import prefixed
from fastconv.types import Array, Shape


class Concat(Ways):
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
        return {**self._ways(), **super().children()}

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The branches' outputs, and the gradients' closure."""
        outputs, closures = [], []
        if type(x) is not np.ndarray:
            x = exchange.taken("Concat", "x", x)
        for name, layer in self._ways().items():
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
            for (name, layer), closure, part in zip(self._ways().items(), closures, parts or (), strict=True):
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

    def _ways(self) -> dict[str, Layer]:
        """The branches, each with its name."""
        return {f"branches.{index}": layer for index, layer in enumerate(self._branches)}

    def _join(self) -> Layer:
        return Concatenate(self.dim)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The branches' shape, with the sum of their sizes along `dim`."""
        shapes = self._shapes(input_shape).values()
        try:
            return Concatenate(self.dim).output_shape(*shapes)
        except ValueError as error:
            raise ValueError(f"Concat: {str(error).removeprefix('Concatenate: ')}") from None

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
