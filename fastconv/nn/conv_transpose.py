"""ConvTranspose2d: a layer of filters that spread pixels."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.convolution import CHANNELS, FilterLayer
from fastconv.nn.windows import by, short
from fastconv.ops import conv_transpose
from fastconv.ops.chosen import Chosen, chosen
from fastconv.types import Array, Padding, Pair, Shape


def _at_least_0(kind: str, name: str, value: Pair) -> tuple[int, int]:
    return validate.pair(kind, name, value, 0)


class ConvTranspose2d(FilterLayer):
    """Z[n,k,i,j] = b[k] + Σ X[n,c,p,q] · W[c,k,r,s] over all c and all (p, q), (r, s) that reach (i, j).

    i = p·stride + r·dilation - top, j = q·stride + s·dilation - left. X (N, in_channels, P, Q), W
    (in_channels, out_channels/groups, R, S), b (out_channels,). This is how the gradient of a `Conv2d` goes
    back to its input, so the gradient of this layer is a convolution: dX is that of the output's gradient
    with W, dW the correlation of it with X, db its sum. Stride, padding, output_padding and dilation may be
    set anew. TypeError, ValueError for arguments that do not fit.

    **Arguments:**

    - `in_channels`: the channels of an input image.
    - `out_channels`: the channels of the output.
    - `kernel_size`: height and width of a filter, (R, S), or one number for both.
    - `stride`: the steps in the output between two inputs, (height, width) or one number.
    - `padding`: what is cut off the output, one number, (height, width) or ((top, bottom), (left, right)).
    - `output_padding`: the rows at the bottom and the columns at the right that the output has more, (height,
      width) or one number; smaller than the stride or the dilation. A strided convolution makes one size of
      several: this says which of them it was.
    - `groups`: into how many groups the channels are divided; each output reads the channels of one group. It
      divides in_channels and out_channels.
    - `bias`: whether a number is added to each output channel.
    - `dilation`: the steps between two pixels that a filter writes to, (height, width) or one number.
    - `padding_mode`: "zeros", the only one there is.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    - `seed`: the beginning of the random numbers from which the parameters are drawn, a whole number of at
      least 0; None is another beginning each time.
    """

    output_padding: tuple[int, int]
    checks: ClassVar[Checks] = {
        **CHANNELS,
        "kernel_size": validate.pair,
        "stride": validate.pair,
        "padding": arguments.padding(),
        "output_padding": _at_least_0,
        "dilation": validate.pair,
    }

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Padding = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
    ) -> None:
        window = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        window["output_padding"] = output_padding
        super().__init__(in_channels, out_channels, window, groups, bias, padding_mode, dtype, seed)

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        then = {**vars(self), name: value}
        if "output_padding" in then:
            conv_transpose.check_output_padding(
                type(self).__name__, then["output_padding"], then["stride"], then["dilation"]
            )
        return value

    def _weight_shape(self) -> Shape:
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments behind the bias."""
        return self.stride, self.padding, self.output_padding, self.groups, self.dilation

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """What the pixels of x add up to, and the closure for the gradients."""
        weight, window = self.weight, self.window
        y = F.conv_transpose2d(x, weight, self.bias, *window)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            gradients = self._gradients(
                weight=lambda: grad.conv_transpose2d_weight(x, weight.shape, dy, *window),
                bias=lambda: grad.conv_transpose2d_bias(dy),
            )
            if not input_gradient:
                return None, gradients
            return grad.conv_transpose2d_input(x.shape, weight, dy, *window), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(in_channels, P, Q) -> (out_channels, H, W).

        H = (P - 1)·stride + dilation·(R - 1) + 1 - top - bottom + output_padding.
        """
        name, size = type(self).__name__, self._size(input_shape)
        if min(size) < 1:
            raise ValueError(f"{name}: got {by(size)} pixels, needs at least 1 x 1")
        return conv_transpose.geometry(name, tuple(input_shape), self.weight.shape, *self.window)[1]

    def multiply_adds(self, input_shape: Shape) -> int:
        """Inputs · weights of one input channel."""
        return math.prod(self._size(input_shape)) * self.weight.size

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, in_channels, P, Q)."""
        return chosen("conv_transpose2d", batch_shape, self.weight.shape, *self.window, dtype=self.dtype)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "output_padding": short(self.output_padding)}
