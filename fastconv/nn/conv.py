"""Conv2d: a layer of filters."""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.nn.base import Backward, Gradients, WeightedLayer
from fastconv.nn.windows import by, image_size, short, short_padding
from fastconv.reference.geometry import window_count
from fastconv.types import Array, Padding, Pair, Shape


class Conv2d(WeightedLayer):
    """Z[n,k,p,q] = b[k] + Σ_{c,r,s} X[n,c,i,j] · W[k,c,r,s], zero outside the image.

    i = p·stride + r·dilation - top, j = q·stride + s·dilation - left. X (N, in_channels, H, W), W
    (out_channels, in_channels/groups, R, S), b (out_channels,). dX is the gradient spread back over the
    pixels that each output saw, dW the correlation of X with it, db its sum. `padding` is a number, (height,
    width), ((top, bottom), (left, right)), "same" or "valid".
    """

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
        self.in_channels = validate.integer("Conv2d", "in_channels", in_channels)
        self.out_channels = validate.integer("Conv2d", "out_channels", out_channels)
        self.kernel_size = validate.pair("Conv2d", "kernel_size", kernel_size)
        self.stride = validate.pair("Conv2d", "stride", stride)
        self.padding = padding if isinstance(padding, str) else validate.padding("Conv2d", padding)
        self.dilation = validate.pair("Conv2d", "dilation", dilation)
        self.groups = validate.integer("Conv2d", "groups", groups)
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"Conv2d: padding: got {padding!r}, needs 'same', 'valid' or numbers")
        if padding == "same" and self.stride != (1, 1):
            raise ValueError(f"Conv2d: padding: got 'same' with stride={stride}, needs stride 1, or numbers")
        if in_channels % groups or out_channels % groups:
            needs = f"a divisor of {in_channels} and {out_channels} channels"
            raise ValueError(f"Conv2d: groups: got {groups}, needs {needs}")
        if padding_mode != "zeros":
            raise ValueError(
                f"Conv2d: padding_mode: got {padding_mode!r}, needs 'zeros', the only one there is"
            )
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        super().__init__(shape, out_channels, bias, dtype, seed)

    def forward(self, x: Array, training: bool = True, relu: bool = False) -> tuple[Array, Backward]:
        """The filters' answers (with `relu` their positive part), and the gradients' closure, from dZ."""
        weight, bias = self.weight, self.bias
        window = (self.stride, self.padding, self.dilation, self.groups)
        y = F.conv2d(x, weight, bias, *window, relu=relu)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            gradients = {"weight": grad.conv2d_weight(x, weight.shape, dy, *window)}
            if bias is not None:
                gradients["bias"] = grad.conv2d_bias(dy)
            return (grad.conv2d_input(x.shape, weight, dy, *window) if input_gradient else None), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(in_channels, H, W) -> (out_channels, P, Q), P = (H + padding - dilation·(R-1) - 1)//stride + 1."""
        size = image_size("Conv2d", input_shape, self.in_channels)
        if input_shape[0] != self.in_channels:
            fits = f"Conv2d({input_shape[0]}, {self.out_channels}, {short(self.kernel_size)})"
            raise ValueError(
                f"Conv2d: got {input_shape[0]} channels, needs {self.in_channels}; {fits} would fit"
            )
        if self.padding == "same":
            return (self.out_channels, *size)
        around = (0, 0) if isinstance(self.padding, str) else tuple(map(sum, self.padding))
        spans = tuple(d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))
        if any(n < 1 or n + pad < span for n, pad, span in zip(size, around, spans, strict=True)):
            least = tuple(max(1, span - pad) for span, pad in zip(spans, around, strict=True))
            fits = short([max(0, math.ceil((span - n) / 2)) for n, span in zip(size, spans, strict=True)])
            raise ValueError(
                f"Conv2d: got {by(size)} pixels, needs at least {by(least)}; padding={fits} would fit"
            )
        windows = zip(size, around, self.kernel_size, self.stride, self.dilation, strict=True)
        return (self.out_channels, *(window_count(n + pad, k, s, d) for n, pad, k, s, d in windows))

    def multiply_adds(self, input_shape: Shape) -> int:
        """Outputs · weights of one output."""
        return math.prod(self.output_shape(input_shape)) * self.weight[0].size

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
