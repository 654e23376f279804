"""MaxPool2d, AvgPool2d and AdaptiveAvgPool2d."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.geometry import Sides, axes
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.nn.windows import by, image_size, short, short_padding
from fastconv.ops.chosen import Chosen, chosen
from fastconv.ops.pool import check_windows
from fastconv.types import Array, OutputSize, Padding, Pair, Shape


class _Pool2d(Layer):
    """What MaxPool2d and AvgPool2d share: their windows."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    takes_images = True
    checks: ClassVar[Checks] = {
        "kernel_size": validate.pair,
        "stride": validate.pair,
        "padding": arguments.padding,
        "dilation": validate.pair,
        "ceil_mode": validate.flag,
    }

    def __init__(
        self, kernel_size: Pair, stride: Pair | None, padding: Padding, dilation: Pair, ceil_mode: bool
    ) -> None:
        super().__init__()
        self._set(kernel_size=kernel_size, padding=padding, dilation=dilation)
        self._set(stride=validate.stride(type(self).__name__, stride, self.kernel_size))
        self.ceil_mode = ceil_mode

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, P, Q) with P = (H + top + bottom - dilation·(R-1) - 1) // stride + 1."""
        name = type(self).__name__
        size = image_size(name, input_shape)
        steps = (self.stride, self.padding, self.dilation)
        both = axes(size, self.kernel_size, *steps, self.ceil_mode)
        if min(*size, *(axis.outputs for axis in both)) < 1:
            given = axes(size, self.kernel_size, *steps)
            least = tuple(max(1, axis.reach - axis.before - axis.after) for axis in given)
            fits = short([max(1, min(axis.size, axis.taps)) for axis in given])
            raise ValueError(
                f"{name}: got {by(size)} pixels, needs at least {by(least)}; {name}({fits}) would fit"
            )
        window = (self.kernel_size, *steps, self.ceil_mode)
        return check_windows(name, "input", (input_shape[0], *size), *window)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "kernel_size": short(self.kernel_size),
            "stride": short(self.stride),
            "padding": short_padding(self.padding),
            "ceil_mode": self.ceil_mode,
        }


class MaxPool2d(_Pool2d):
    """Z[n,c,p,q] = max_{r,s} X[n,c, p·stride + r·dilation - top, q·stride + s·dilation - left].

    Each output's gradient goes to the pixel that was the maximum: the first of equals in row-major order. A
    NaN is a maximum; padding never is.

    **Arguments:**

    - `kernel_size`: height and width of a window, (R, S), or one number for both.
    - `stride`: the steps between two windows, (height, width) or one number; None is `kernel_size`.
    - `padding`: what is added around the image, one number, (height, width) or ((top, bottom), (left,
      right)); at most half a window.
    - `dilation`: the steps between two pixels of a window, (height, width) or one number.
    - `ceil_mode`: whether a last window that the image fills only partly makes an output too.
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
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments."""
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The maxima, and the closure that sends the gradient to where they were."""
        y, indices = F.max_pool2d(x, *self.window, return_indices=True)
        shape = x.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.max_pool2d_input(dy, indices, shape) if input_gradient else None), {}

        return y, backward

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, C, H, W)."""
        return chosen("max_pool2d", batch_shape, *self.window)

    def __call__(self, x: Array) -> Array:
        """The maxima alone."""
        return F.max_pool2d(x, *self.window)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "dilation": short(self.dilation)}


class AvgPool2d(_Pool2d):
    """Z[n,c,p,q] = Σ_{r,s} X[n,c, p·stride + r - top, q·stride + s - left] / K[p,q].

    K counts the pixels of a window; each pixel of a window gets dL/dZ / K.

    **Arguments:**

    - `kernel_size`: height and width of a window, (R, S), or one number for both.
    - `stride`: the steps between two windows, (height, width) or one number; None is `kernel_size`.
    - `padding`: the zeros around the image, one number, (height, width) or ((top, bottom), (left, right)); at
      most half a window.
    - `ceil_mode`: whether a last window that the image fills only partly makes an output too.
    - `count_include_pad`: whether K counts the pixels of the padding.
    - `divisor_override`: a whole number that is K in all windows; None counts the pixels.
    """

    fixed = ("dilation",)
    checks: ClassVar[Checks] = {
        **_Pool2d.checks,
        "count_include_pad": validate.flag,
        "divisor_override": arguments.divisor,
    }

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments."""
        divisor = self.count_include_pad, self.divisor_override
        return self.kernel_size, self.stride, self.padding, self.ceil_mode, *divisor

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among the pixels of each window."""
        window, shape = self.window, x.shape
        y = F.avg_pool2d(x, *window)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.avg_pool2d_input(dy, shape, *window) if input_gradient else None), {}

        return y, backward

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, C, H, W)."""
        return chosen("avg_pool2d", batch_shape, *self.window)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().config(),
            "count_include_pad": self.count_include_pad,
            "divisor_override": self.divisor_override,
        }


class AdaptiveAvgPool2d(Layer):
    """Z[n,c,p,q] = mean of X[n,c,h,w] over p·H/P <= h < (p+1)·H/P, q·W/Q <= w < (q+1)·W/Q.

    The lower limits are rounded down, the upper ones up.

    **Arguments:**

    - `output_size`: (P, Q), or one number for both; None in place of a number is the input's size. 1 is
      global average pooling.
    """

    output_size: tuple[int | None, int | None]
    takes_images = True
    checks: ClassVar[Checks] = {"output_size": arguments.output_size}

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self._set(output_size=output_size)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among the pixels of each window."""
        y, shape = F.adaptive_avg_pool2d(x, self.output_size), x.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.adaptive_avg_pool2d_input(dy, shape) if input_gradient else None), {}

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, P, Q)."""
        size = image_size("AdaptiveAvgPool2d", input_shape)
        if min(size) < 1:
            raise ValueError(f"AdaptiveAvgPool2d: got {by(size)} pixels, needs at least 1 x 1")
        P, Q = (n if wanted is None else wanted for wanted, n in zip(self.output_size, size, strict=True))
        return input_shape[0], P, Q

    def config(self) -> dict[str, Any]:
        """The constructor's argument."""
        height, width = self.output_size
        return {"output_size": self.output_size if height is None or height != width else height}
