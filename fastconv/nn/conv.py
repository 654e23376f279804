"""Conv1d and Conv2d: layers of filters."""

import math
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.convolution import CHANNELS, FilterLayer
from fastconv.nn.windows import by, short, window_axes
from fastconv.ops.chosen import Chosen, chosen
from fastconv.ops.convolution import PADDINGS
from fastconv.ops.rank import LINE, PLANE
from fastconv.types import Array, LinePadding, Padding, Pair, Shape, Single


def _checks(axes: int) -> Checks:
    numbers = partial(validate.per_axis, axes=axes)
    padding = arguments.padding(*PADDINGS, axes=axes)
    return {**CHANNELS, "kernel_size": numbers, "stride": numbers, "padding": padding, "dilation": numbers}


class _Conv(FilterLayer):
    """What Conv1d and Conv2d share: all but the number of axes."""

    operation: ClassVar[str]
    """The name of the function."""

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        then = {"stride": (1,), **vars(self), name: value}
        if then.get("padding") == "same" and max(then["stride"]) > 1:
            got = f"'same' with stride={short(then['stride'])}"
            needs = "stride 1, numbers, or 'same_upper'"
            raise validate.wrong_value(type(self).__name__, "padding", got, needs)
        return value

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments behind the bias."""
        return self.stride, self.padding, self.dilation, self.groups

    def _convolved(self, x: Array) -> tuple[Array, Backward]:
        """The convolution of x, and the closure for the gradients."""
        name, weight, window = self.operation, self.weight, self.window
        y = getattr(F, name)(x, weight, self.bias, *window)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            gradients = self._gradients(
                weight=lambda: getattr(grad, f"{name}_weight")(x, weight.shape, dy, *window),
                bias=lambda: getattr(grad, f"{name}_bias")(dy),
            )
            if not input_gradient:
                return None, gradients
            return getattr(grad, f"{name}_input")(x.shape, weight, dy, *window), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(in_channels, H, W) -> (out_channels, P, Q), P = (H + padding - dilation·(R-1) - 1)//stride + 1."""
        size, name = self._size(input_shape), type(self).__name__
        around = [(0, 0)] * len(size) if isinstance(self.padding, str) else self.padding
        both = window_axes(self.rank, size, self.kernel_size, self.stride, around, self.dilation)
        if self.padding in ("same", "same_upper") and min(size) > 0:
            return (self.out_channels, *(-(-axis.size // axis.stride) for axis in both))
        if any(axis.size < 1 or axis.outputs < 1 for axis in both):
            least = tuple(max(1, axis.reach - axis.before - axis.after) for axis in both)
            fits = short([max(0, math.ceil((axis.reach - axis.size) / 2)) for axis in both])
            got = f"got {by(size)} {self.rank.points}, needs at least {by(least)}"
            raise ValueError(f"{name}: {got}; padding={fits} would fit")
        return (self.out_channels, *(axis.outputs for axis in both))

    def multiply_adds(self, input_shape: Shape) -> int:
        """Outputs · weights of one output."""
        return math.prod(self.output_shape(input_shape)) * self.weight[0].size

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, in_channels, ...)."""
        return chosen(self.operation, batch_shape, self.weight.shape, *self.window, dtype=self.dtype)


class Conv2d(_Conv):
    """Z[n,k,p,q] = b[k] + Σ_{c,r,s} X[n,c,i,j] · W[k,c,r,s], zero outside the image.

    i = p·stride + r·dilation - top, j = q·stride + s·dilation - left. X (N, in_channels, H, W), W
    (out_channels, in_channels/groups, R, S), b (out_channels,). dX is the gradient spread back over the
    pixels that each output saw, dW the correlation of X with it, db its sum. Stride, padding and dilation may
    be set anew. TypeError, ValueError for arguments that do not fit.

    **Arguments:**

    - `in_channels`: the channels of an input image.
    - `out_channels`: the number of filters, each of which makes one channel of the output.
    - `kernel_size`: height and width of a filter, (R, S), or one number for both.
    - `stride`: the steps between two outputs, (height, width) or one number.
    - `padding`: the zeros around the image, one number, (height, width) or ((top, bottom), (left, right)); or
      "same", so many that the output has the input's size (stride 1 alone), "same_upper", so many that it
      has the input's size / stride, rounded up (TensorFlow's "same"), or "valid", none.
    - `dilation`: the steps between two pixels that a filter reads, (height, width) or one number.
    - `groups`: into how many groups the channels are divided; each filter reads the channels of one group. It
      divides in_channels and out_channels.
    - `bias`: whether a number is added to each output channel.
    - `padding_mode`: "zeros", the only one there is.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    - `seed`: the beginning of the random numbers from which the parameters are drawn, a whole number of at
      least 0; None is another beginning each time.
    """

    rank = PLANE
    operation = "conv2d"
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    checks: ClassVar[Checks] = _checks(2)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Padding | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
    ) -> None:
        window = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        super().__init__(in_channels, out_channels, window, groups, bias, padding_mode, dtype, seed)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The convolution of x, and the closure for the gradients."""
        return self._convolved(x)


class Conv1d(_Conv):
    """Z[n,k,p] = b[k] + Σ_{c,r} X[n,c,i] · W[k,c,r], zero outside the signal: `Conv2d` along one axis.

    i = p·stride + r·dilation - before. X (N, in_channels, L), W (out_channels, in_channels/groups, R), b
    (out_channels,); the gradients are those of `Conv2d`. Stride, padding and dilation may be set anew.
    TypeError, ValueError for arguments that do not fit.

    **Arguments:**

    - `in_channels`: the channels of an input signal.
    - `out_channels`: the number of filters, each of which makes one channel of the output.
    - `kernel_size`: the length R of a filter.
    - `stride`: the steps between two outputs.
    - `padding`: the zeros around the signal, one number or ((before, after),); or "same", "same_upper" or
      "valid", as in `Conv2d`.
    - `dilation`: the steps between two positions that a filter reads.
    - `groups`: into how many groups the channels are divided; each filter reads the channels of one group. It
      divides in_channels and out_channels.
    - `bias`: whether a number is added to each output channel.
    - `padding_mode`: "zeros", the only one there is.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    - `seed`: the beginning of the random numbers from which the parameters are drawn, a whole number of at
      least 0; None is another beginning each time.
    """

    rank = LINE
    operation = "conv1d"
    checks: ClassVar[Checks] = _checks(1)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Single,
        stride: Single = 1,
        padding: LinePadding | str = 0,
        dilation: Single = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
    ) -> None:
        window = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        super().__init__(in_channels, out_channels, window, groups, bias, padding_mode, dtype, seed)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The convolution of x, and the closure for the gradients."""
        return self._convolved(x)
