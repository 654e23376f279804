"""MaxPool2d."""

from typing import Any

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.nn.windows import by, image_size, short, short_padding
from fastconv.reference.pool import pooled_size
from fastconv.types import Array, Padding, Pair, Shape


class MaxPool2d(Layer):
    """Z[n,c,p,q] = max_{r,s} X[n,c, p·stride + r·dilation - top, q·stride + s·dilation - left].

    Each output's gradient goes to the pixel that was the maximum: the first of equals in row-major order. A
    NaN is a maximum; padding never is. `stride` is `kernel_size` where it is left out; `ceil_mode` as in
    PyTorch.
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Padding = 0,
        dilation: Pair = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = validate.pair("MaxPool2d", "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else validate.pair("MaxPool2d", "stride", stride)
        self.padding = validate.padding("MaxPool2d", padding)
        self.dilation = validate.pair("MaxPool2d", "dilation", dilation)
        self.ceil_mode = validate.flag("MaxPool2d", "ceil_mode", ceil_mode)
        self._window = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The maxima, and the closure that sends the gradient to where they were."""
        y, indices = F.max_pool2d(x, *self._window, return_indices=True)
        shape = x.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.max_pool2d_input(dy, indices, shape) if input_gradient else None), {}

        return y, backward

    def __call__(self, x: Array) -> Array:
        """The maxima alone."""
        return F.max_pool2d(x, *self._window)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, P, Q) with P = (H + top + bottom - dilation·(R-1) - 1) // stride + 1."""
        size = image_size("MaxPool2d", input_shape)
        windows = zip(size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        counts = tuple(pooled_size(n, k, s, pad, d, self.ceil_mode) for n, k, s, pad, d in windows)
        if min(*counts, *size) < 1:
            spans = zip(self.kernel_size, self.dilation, self.padding, strict=True)
            least = tuple(max(1, d * (k - 1) + 1 - sum(pad)) for k, d, pad in spans)
            fits = short([max(1, min(n, k)) for n, k in zip(size, self.kernel_size, strict=True)])
            raise ValueError(
                f"MaxPool2d: got {by(size)} pixels, needs at least {by(least)}; MaxPool2d({fits}) would fit"
            )
        return (input_shape[0], *counts)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "kernel_size": short(self.kernel_size),
            "stride": short(self.stride),
            "padding": short_padding(self.padding),
            "dilation": short(self.dilation),
            "ceil_mode": self.ceil_mode,
        }
