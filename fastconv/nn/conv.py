"""Conv2d: a layer of filters."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.geometry import Sides, axes
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.weighted import WeightedLayer
from fastconv.nn.windows import by, image_size, short, short_padding
from fastconv.ops.chosen import Chosen, chosen
from fastconv.types import Array, Padding, Pair, Shape


class Conv2d(WeightedLayer):
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
      "same", so many that the output has the input's size (stride 1 alone), or "valid", none.
    - `dilation`: the steps between two pixels that a filter reads, (height, width) or one number.
    - `groups`: into how many groups the channels are divided; each filter reads the channels of one group. It
      divides in_channels and out_channels.
    - `bias`: whether a number is added to each output channel.
    - `padding_mode`: "zeros", the only one there is.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    - `seed`: the beginning of the random numbers from which the parameters are drawn, a whole number of at
      least 0; None is another beginning each time.
    """

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: Sides | str
    dilation: tuple[int, int]
    groups: int
    takes_images = True
    fuses_relu = True
    fixed = ("in_channels", "out_channels", "kernel_size", "groups", "dtype")
    checks: ClassVar[Checks] = {
        "in_channels": validate.integer,
        "out_channels": validate.integer,
        "kernel_size": validate.pair,
        "stride": validate.pair,
        "padding": arguments.padding_or_name,
        "dilation": validate.pair,
        "groups": validate.integer,
    }

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
        self._set(in_channels=in_channels, out_channels=out_channels, groups=groups, kernel_size=kernel_size)
        self._set(stride=stride, padding=padding, dilation=dilation)
        name = type(self).__name__
        if self.in_channels % self.groups or self.out_channels % self.groups:
            needs = f"a divisor of {in_channels} and {out_channels} channels"
            raise validate.wrong_value(name, "groups", groups, needs)
        if not isinstance(padding_mode, str) or padding_mode != "zeros":
            raise validate.wrong_value(
                name, "padding_mode", repr(padding_mode), "'zeros', the only one there is"
            )
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        super().__init__(shape, bias, dtype, seed)

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        then = {"stride": (1, 1), **vars(self), name: value}
        if then.get("padding") == "same" and then["stride"] != (1, 1):
            got = f"'same' with stride={short(then['stride'])}"
            raise validate.wrong_value(type(self).__name__, "padding", got, "stride 1, or numbers")
        return value

    def forward(self, x: Array, training: bool = True, relu: bool = False) -> tuple[Array, Backward]:
        """The convolution of x, with `relu` its positive part, and the closure for the gradients."""
        weight, bias = self.weight, self.bias
        window = (self.stride, self.padding, self.dilation, self.groups)
        y = F.conv2d(x, weight, bias, *window, relu=relu)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            gradients = self._gradients(
                weight=lambda: grad.conv2d_weight(x, weight.shape, dy, *window),
                bias=lambda: grad.conv2d_bias(dy),
            )
            return (grad.conv2d_input(x.shape, weight, dy, *window) if input_gradient else None), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(in_channels, H, W) -> (out_channels, P, Q), P = (H + padding - dilation·(R-1) - 1)//stride + 1."""
        size = image_size("Conv2d", input_shape, self.in_channels)
        if input_shape[0] != self.in_channels:
            fits = f"Conv2d({input_shape[0]}, {self.out_channels}, {short(self.kernel_size)})"
            if input_shape[-1] == self.in_channels:
                fits = "x.transpose(0, 3, 1, 2)"
            elif input_shape[-1] in (1, 3, 4) and min(input_shape[:2]) > 4:
                fits = "for images with their channels last x.transpose(0, 3, 1, 2), and another Conv2d"
            raise ValueError(
                f"Conv2d: got {input_shape[0]} channels, needs {self.in_channels}; {fits} would fit"
            )
        if self.padding == "same":
            return (self.out_channels, *size)
        around = 0 if isinstance(self.padding, str) else self.padding
        both = axes(size, self.kernel_size, self.stride, around, self.dilation)
        if any(axis.size < 1 or axis.outputs < 1 for axis in both):
            least = tuple(max(1, axis.reach - axis.before - axis.after) for axis in both)
            fits = short([max(0, math.ceil((axis.reach - axis.size) / 2)) for axis in both])
            raise ValueError(
                f"Conv2d: got {by(size)} pixels, needs at least {by(least)}; padding={fits} would fit"
            )
        return (self.out_channels, *(axis.outputs for axis in both))

    def multiply_adds(self, input_shape: Shape) -> int:
        """Outputs · weights of one output."""
        return math.prod(self.output_shape(input_shape)) * self.weight[0].size

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, in_channels, H, W)."""
        window = (self.stride, self.padding, self.dilation, self.groups)
        return chosen("conv2d", batch_shape, self.weight.shape, *window, dtype=self.dtype)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "kernel_size": short(self.kernel_size),
            "stride": short(self.stride),
            "padding": short_padding(self.padding),
            "dilation": short(self.dilation),
            "groups": self.groups,
            "bias": self.bias is not None,
            "dtype": self.dtype.name,
        }
