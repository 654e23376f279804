"""What pooling layers share: their windows."""

from functools import partial
from typing import Any, ClassVar

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Layer
from fastconv.nn.windows import by, image_size, short, short_padding, window_axes
from fastconv.ops.chosen import Chosen, chosen
from fastconv.ops.rank import PLANE, Rank
from fastconv.ops.windows import PADDINGS, checked_windows
from fastconv.types import Shape


def pool_checks(axes: int) -> Checks:
    """The checks of a pooling whose windows move along so many axes."""
    numbers = partial(validate.per_axis, axes=axes)
    return {
        "kernel_size": numbers,
        "stride": numbers,
        "padding": arguments.padding(*PADDINGS, axes=axes),
        "dilation": numbers,
        "ceil_mode": validate.flag,
    }


class PoolLayer(Layer):
    """A layer whose windows have one size."""

    rank: ClassVar[Rank] = PLANE
    operation: ClassVar[str]
    """The name of the function."""
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Any
    dilation: tuple[int, ...]
    takes_images = True

    def __init__(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> None:
        super().__init__()
        self._set(kernel_size=kernel_size, padding=padding, dilation=dilation)
        self._set(stride=validate.stride(type(self).__name__, stride, self.kernel_size))
        self.ceil_mode = ceil_mode

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments."""
        raise NotImplementedError

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, P, Q) with P = (H + top + bottom - dilation·(R-1) - 1) // stride + 1."""
        name, rank = type(self).__name__, self.rank
        size = image_size(name, input_shape, rank=rank)
        if not isinstance(self.padding, str) or min(size) < 1:
            around = [(0, 0)] * len(size) if isinstance(self.padding, str) else self.padding
            steps = self.kernel_size, self.stride, around, self.dilation
            outputs = [axis.outputs for axis in window_axes(rank, size, *steps, self.ceil_mode)]
            if min(*size, *outputs) < 1:
                given = window_axes(rank, size, *steps)
                least = tuple(max(1, axis.reach - axis.before - axis.after) for axis in given)
                fits = short([max(1, min(axis.size, axis.taps)) for axis in given])
                got = f"got {by(size)} {rank.points}, needs at least {by(least)}"
                raise ValueError(f"{name}: {got}; {name}({fits}) would fit")
        window = self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        return checked_windows(rank, name, "input", (input_shape[0], *size), *window)[1]

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, C, ...)."""
        return chosen(self.operation, batch_shape, *self.window)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "kernel_size": short(self.kernel_size),
            "stride": short(self.stride),
            "padding": short_padding(self.padding),
            "ceil_mode": self.ceil_mode,
        }


class AdaptivePoolLayer(Layer):
    """A layer whose windows follow from the number of its outputs."""

    rank: ClassVar[Rank] = PLANE
    output_size: tuple[int | None, ...]
    takes_images = True
    checks: ClassVar[Checks] = {"output_size": arguments.output_size(2)}

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self._set(output_size=output_size)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, P, Q)."""
        name = type(self).__name__
        size = image_size(name, input_shape, rank=self.rank)
        if min(size) < 1:
            least = by((1,) * len(size))
            raise ValueError(f"{name}: got {by(size)} {self.rank.points}, needs at least {least}")
        counts = (n if wanted is None else wanted for wanted, n in zip(self.output_size, size, strict=True))
        return (input_shape[0], *counts)

    def config(self) -> dict[str, Any]:
        """The constructor's argument."""
        size = self.output_size
        return {"output_size": size if None in size or len(set(size)) > 1 else size[0]}
