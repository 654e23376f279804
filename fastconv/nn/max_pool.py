"""MaxPool1d, MaxPool2d and AdaptiveMaxPool2d."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad
from fastconv.attributes import Checks
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.pool import AdaptivePoolLayer, PoolLayer, pool_checks
from fastconv.nn.windows import short
from fastconv.ops.rank import LINE, PLANE
from fastconv.types import Array, LinePadding, OutputSize, Padding, Pair, Single


class _MaxPool(PoolLayer):
    """What MaxPool1d and MaxPool2d share: all but the number of axes."""

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments."""
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode

    def _maxima(self, x: Array) -> tuple[Array, Backward]:
        """The maxima, and the closure that sends the gradient to where they were."""
        name = self.operation
        y, indices = getattr(F, name)(x, *self.window, return_indices=True)
        shape = x.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (getattr(grad, f"{name}_input")(dy, indices, shape) if input_gradient else None), {}

        return y, backward

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "dilation": short(self.dilation)}


class MaxPool2d(_MaxPool):
    """Z[n,c,p,q] = max_{r,s} X[n,c, p·stride + r·dilation - top, q·stride + s·dilation - left].

    Each output's gradient goes to the pixel that was the maximum: the first of equals in row-major order. A
    NaN is a maximum; padding never is.

    **Arguments:**

    - `kernel_size`: height and width of a window, (R, S), or one number for both.
    - `stride`: the steps between two windows, (height, width) or one number; None is `kernel_size`.
    - `padding`: what is added around the image, one number, (height, width) or ((top, bottom), (left,
      right)), less than a window; or "same_upper" for as
      many outputs as the input has pixels / stride, rounded up (TensorFlow's "same").
    - `dilation`: the steps between two pixels of a window, (height, width) or one number.
    - `ceil_mode`: whether a last window that the image fills only partly makes an output too.
    """

    rank = PLANE
    operation = "max_pool2d"
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    checks: ClassVar[Checks] = pool_checks(2)

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Padding | str = 0,
        dilation: Pair = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The maxima, and the closure that sends the gradient to where they were."""
        return self._maxima(x)

    def _predicted(self, x: Array) -> Array:
        """The maxima alone."""
        maxima: Array = getattr(F, self.operation)(x, *self.window)
        return maxima


class MaxPool1d(_MaxPool):
    """Z[n,c,p] = max_r X[n,c, p·stride + r·dilation - before]: `MaxPool2d` along one axis.

    **Arguments:**

    - `kernel_size`: the length R of a window.
    - `stride`: the steps between two windows; None is `kernel_size`.
    - `padding`: what is added around the signal, one number or ((before, after),), less than a window; or
      "same_upper", as in `MaxPool2d`.
    - `dilation`: the steps between two positions of a window.
    - `ceil_mode`: whether a last window that the signal fills only partly makes an output too.
    """

    rank = LINE
    operation = "max_pool1d"
    checks: ClassVar[Checks] = pool_checks(1)

    def __init__(
        self,
        kernel_size: Single,
        stride: Single | None = None,
        padding: LinePadding | str = 0,
        dilation: Single = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The maxima, and the closure that sends the gradient to where they were."""
        return self._maxima(x)

    def _predicted(self, x: Array) -> Array:
        """The maxima alone."""
        maxima: Array = getattr(F, self.operation)(x, *self.window)
        return maxima


class AdaptiveMaxPool2d(AdaptivePoolLayer):
    """Z[n,c,p,q] = max of X[n,c,h,w] over p·H/P <= h < (p+1)·H/P, q·W/Q <= w < (q+1)·W/Q.

    The lower limits are rounded down, the upper ones up. Each output's gradient goes to the pixel that was
    the maximum, as in `MaxPool2d`.

    **Arguments:**

    - `output_size`: (P, Q), or one number for both; None in place of a number is the input's size.
    """

    output_size: tuple[int | None, int | None]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__(output_size)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The maxima, and the closure that sends the gradient to where they were."""
        y, indices = F.adaptive_max_pool2d(x, self.output_size, True)
        shape = x.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.adaptive_max_pool2d_input(dy, indices, shape) if input_gradient else None), {}

        return y, backward

    def _predicted(self, x: Array) -> Array:
        """The maxima alone."""
        return F.adaptive_max_pool2d(x, self.output_size)
