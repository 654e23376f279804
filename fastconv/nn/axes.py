"""Layers that act on axes: Permute, Slice and Mean."""

from typing import Any, ClassVar

import numpy as np

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Layer
from fastconv.ops.reduce import shape_of_mean
from fastconv.types import Array, Shape
from fastconv.validate import wrong_value


def _permutation(kind: str, name: str, value: Any) -> Shape:
    """All axes in another order, the batch's first."""
    if not isinstance(value, (tuple, list)):
        raise validate.wrong_type(kind, name, repr(value), "a tuple of axes")
    axes = tuple([arguments.axis(kind, name, axis) for axis in value])
    if sorted(axis % max(1, len(axes)) for axis in axes) != [*range(len(axes))] or axes[:1] != (0,):
        needs = "each axis once, the batch's, 0, first: (0, 2, 3, 1) would fit"
        raise wrong_value(kind, name, value, needs)
    return tuple(axis % len(axes) for axis in axes)


def _limit(kind: str, name: str, value: int | None) -> int | None:
    most = validate.LARGEST
    return None if value is None else validate.integer(kind, name, value, -most, most)


def _step(kind: str, name: str, value: int) -> int:
    if validate.integer(kind, name, value, -validate.LARGEST) == 0:
        raise wrong_value(kind, name, 0, "a step other than 0")
    return validate.integer(kind, name, value, -validate.LARGEST)


def _sample_axes(kind: str, name: str, value: Any) -> int | Shape:
    """One axis of a sample or several."""
    if not isinstance(value, (tuple, list)):
        return arguments.sample_axis(kind, name, value)
    if not value:
        raise wrong_value(kind, name, value, "an axis at least")
    return tuple([arguments.sample_axis(kind, name, axis) for axis in value])


class Permute(Layer):
    """The axes in another order: axis i of y is axis dims[i] of x, a view. dx is dy in the order of x again.

    **Arguments:**

    - `dims`: all axes of x, the batch's, 0, first: (0, 2, 3, 1) makes (N, H, W, C) of (N, C, H, W).
    """

    dims: Shape
    checks: ClassVar[Checks] = {"dims": _permutation}

    def __init__(self, dims: Shape) -> None:
        super().__init__()
        self._set(dims=dims)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """A view of x, and the gradient's closure."""
        x = validate.native("Permute", "x", x)
        if x.ndim != len(self.dims):
            self.output_shape(x.shape[1:])
        back = np.argsort(self.dims)
        return x.transpose(self.dims), of_input(lambda dy: dy.transpose(back))

    def output_shape(self, input_shape: Shape) -> Shape:
        """The sizes of a sample's axes in their new order."""
        shape = (1, *validate.size("Permute", "input_shape", input_shape))
        if len(shape) != len(self.dims):
            needs = f"{len(self.dims) - 1} axes for dims={self.dims}"
            raise ValueError(f"Permute: got shape {input_shape}, needs {needs}")
        return tuple(shape[axis] for axis in self.dims[1:])

    def config(self) -> dict[str, Any]:
        """The axes."""
        return {"dims": self.dims}


class Slice(Layer):
    """y = x[..., start:stop:step, ...] along the axis `dim`, a view; dx is dy there and 0 elsewhere.

    **Arguments:**

    - `dim`: the axis, not the batch's, 0; below 0 it counts from the end.
    - `start`: the first index; below 0 it counts from the end. None: that of the first element in the order
      of the step.
    - `stop`: the index behind the last; as `start`. None: all that are left.
    - `step`: from one index to the next, below 0 backwards. As in Python, limits beyond the axis are its end.
    """

    checks: ClassVar[Checks] = {
        "dim": arguments.sample_axis,
        "start": _limit,
        "stop": _limit,
        "step": _step,
    }

    def __init__(self, dim: int, start: int | None = None, stop: int | None = None, step: int = 1) -> None:
        super().__init__()
        self.dim = dim
        self.start = start
        self.stop = stop
        self.step = step

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """A view of x, and the gradient's closure."""
        x = validate.native("Slice", "x", x)
        shape = x.shape
        index = self._index(shape)

        def gradient(dy: Array) -> Array:
            dx = np.zeros(shape, dy.dtype)
            dx[index] = dy
            return dx

        return x[index], of_input(gradient)

    def _index(self, shape: Shape) -> tuple[Any, ...]:
        """The index of a batch of this shape."""
        if not -len(shape) < self.dim < len(shape):
            needs = f"an axis from 1 to {len(shape) - 1} of {shape}, the batch's being 0"
            raise wrong_value("Slice", "dim", self.dim, needs)
        part = slice(self.start, self.stop, self.step)
        return (*[slice(None)] * (self.dim % len(shape)), part)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape with the length of the slice along the axis."""
        shape = (1, *validate.size("Slice", "input_shape", input_shape))
        *before, part = self._index(shape)
        axis = len(before)
        return (*shape[1:axis], len(range(*part.indices(shape[axis]))), *shape[axis + 1 :])

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"dim": self.dim, "start": self.start, "stop": self.stop, "step": self.step}


class Mean(Layer):
    """y = Σ x / n over some axes of n elements in all; each of these gets dx = dy / n.

    Over (2, 3) of images (N, C, H, W) it is global average pooling.

    **Arguments:**

    - `dim`: the axis, or a tuple of axes, not the batch's, 0; below 0 they count from the end.
    - `keepdim`: whether they stay, with 1 element.
    """

    dim: int | Shape
    checks: ClassVar[Checks] = {"dim": _sample_axes, "keepdim": validate.flag}

    def __init__(self, dim: int | Shape, keepdim: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among what they are taken of."""
        dim, keepdim = self.dim, self.keepdim
        self.output_shape(np.shape(x)[1:])
        shape = x.shape
        return F.mean(x, dim, keepdim), of_input(lambda dy: grad.mean_input(dy, shape, dim, keepdim))

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape without the axes, or with 1 in their place."""
        shape = (1, *input_shape)
        axes = self.dim if isinstance(self.dim, tuple) else (self.dim,)
        if any(axis + len(shape) == 0 for axis in axes):
            raise wrong_value("Mean", "dim", self.dim, f"axes of {input_shape}: the batch's is 0")
        return shape_of_mean("Mean", "input", shape, self.dim, self.keepdim)[1][1:]

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"dim": self.dim, "keepdim": self.keepdim}
