"""Layers that only pass on or give another shape: Flatten, Unflatten, Reshape and Identity."""

import math
from typing import Any, ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.backends import active
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.types import Array, Shape


class _Reshaping(Layer):
    """What the layers share that give a shape: their gradient is dy in the input's shape again."""

    def _restoring(self, outer: Shape, inner: Shape) -> Backward:
        """The closure from a dy of the output's shape to the input's."""

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            dy = validate.native(type(self).__name__, "dy", dy)
            validate.same_shape(type(self).__name__, "dy", dy, "the output", outer)
            return (active().reshape(dy, inner) if input_gradient else None), {}

        return backward


class Flatten(_Reshaping):
    """The axes from `start_dim` to `end_dim` as one: (N, C, H, W) -> (N, C·H·W).

    dx is dy in the input's shape again.

    **Arguments:**

    - `start_dim`: the first axis of those that become one; 0 is the batch, which has to stay.
    - `end_dim`: the last of them. Below 0, both count from the end.
    """

    checks: ClassVar[Checks] = {"start_dim": arguments.axis, "end_dim": arguments.axis}

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The flattened x, a view where its memory allows one, and the gradient's closure."""
        x = validate.native(type(self).__name__, "x", x)
        shape = x.shape
        y = active().reshape(x, self._flattened(shape))
        return y, self._restoring(y.shape, shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The flattened shape; the batch axis must not be among the flattened ones."""
        if not input_shape:
            raise ValueError("Flatten: got samples without axes, needs at least one axis")
        if self.start_dim % (len(input_shape) + 1) == 0:
            got = f"start_dim={self.start_dim}"
            raise ValueError(f"Flatten: got {got}, needs to leave the batch axis; start_dim=1 would fit")
        return self._flattened((1, *input_shape))[1:]

    def config(self) -> dict[str, Any]:
        """The first and the last axis."""
        return {"start_dim": self.start_dim, "end_dim": self.end_dim}

    def _flattened(self, shape: Shape) -> Shape:
        """`shape` (with batch) with the axes from start_dim to end_dim multiplied."""
        start, end = (dim + len(shape) if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < len(shape):
            needs = f"axes {self.start_dim} to {self.end_dim}, the first not after the last"
            raise ValueError(f"Flatten: got shape {shape}, needs {needs}")
        return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


class Identity(Layer):
    """y = x; dx = dy. Takes the place of a layer that is left out.

    **Arguments:**

    - `arguments`: those of that layer, which don't matter.
    - `options`: those of that layer that have names.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__()

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x itself, and the gradient's closure."""

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (dy if input_gradient else None), {}

        return x, backward


class Unflatten(_Reshaping):
    """One axis as several: (N, C·H·W) -> (N, C, H, W). dx is dy in the input's shape again.

    **Arguments:**

    - `dim`: the axis that is taken apart, not the batch's, 0; below 0 it counts from the end.
    - `unflattened_size`: the sizes of the axes in its place; one of them may be -1, for what is left.
    """

    unflattened_size: Shape
    checks: ClassVar[Checks] = {"dim": arguments.axis, "unflattened_size": arguments.unflattened_size}

    def __init__(self, dim: int, unflattened_size: Shape) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The unflattened x, a view where its memory allows one, and the gradient's closure."""
        x = validate.native(type(self).__name__, "x", x)
        shape = x.shape
        y = active().reshape(x, self._unflattened(shape))
        return y, self._restoring(y.shape, shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The unflattened shape; the batch axis stays."""
        if self.dim % (len(input_shape) + 1) == 0:
            raise ValueError(f"Unflatten: got dim={self.dim}, needs to leave the batch axis; dim=1 would fit")
        return self._unflattened((1, *input_shape))[1:]

    def config(self) -> dict[str, Any]:
        """The axis and the sizes in its place."""
        return {"dim": self.dim, "unflattened_size": self.unflattened_size}

    def _unflattened(self, shape: Shape) -> Shape:
        """`shape` (with batch) with the axis taken apart."""
        if not -len(shape) <= self.dim < len(shape):
            raise ValueError(f"Unflatten: got shape {shape}, needs an axis {self.dim}")
        dim, sizes = self.dim % len(shape), self.unflattened_size
        known = math.prod(size for size in sizes if size >= 0)
        if -1 in sizes and known and shape[dim] % known == 0:
            sizes = tuple(shape[dim] // known if size < 0 else size for size in sizes)
        if -1 in sizes or math.prod(sizes) != shape[dim]:
            got = f"{shape[dim]} elements along axis {self.dim}"
            raise ValueError(f"Unflatten: got {got}, needs the sizes {sizes} of it")
        return (*shape[:dim], *sizes, *shape[dim + 1 :])


class Reshape(_Reshaping):
    """Each sample in another shape, its elements in the same order: (N, C, H, W) -> (N, *shape).

    dx is dy in the input's shape again.

    **Arguments:**

    - `shape`: that of one sample; one of its sizes may be -1, for what is left. () is that of one number.
    """

    shape: Shape
    checks: ClassVar[Checks] = {"shape": arguments.sample_shape}

    def __init__(self, shape: int | Shape) -> None:
        super().__init__()
        self._set(shape=shape)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The reshaped x, a view where its memory allows one, and the gradient's closure."""
        x = validate.native("Reshape", "x", x)
        inner = x.shape
        y = active().reshape(x, (inner[0], *self.output_shape(inner[1:])))
        return y, self._restoring(y.shape, inner)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape, with what is left in place of -1."""
        count = math.prod(validate.size("Reshape", "input_shape", input_shape))
        known = math.prod(size for size in self.shape if size >= 0)
        left = count // known if known and count % known == 0 else -1
        shape = tuple(left if size < 0 else size for size in self.shape)
        if math.prod(shape) != count or -1 in shape:
            got = f"{input_shape}, {count} elements"
            raise ValueError(f"Reshape: got shape {got}, needs as many as {self.shape} has")
        return shape

    def config(self) -> dict[str, Any]:
        """The shape."""
        return {"shape": self.shape}
