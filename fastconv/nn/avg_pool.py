"""AvgPool1d, AvgPool2d, AdaptiveAvgPool1d and AdaptiveAvgPool2d."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.pool import AdaptivePoolLayer, PoolLayer, pool_checks
from fastconv.ops.rank import LINE, PLANE
from fastconv.types import Array, LineOutputSize, LinePadding, OutputSize, Padding, Pair, Single


def _averages(name: str, x: Array, *window: Any) -> tuple[Array, Backward]:
    """The means by this function, and the closure that shares the gradient among what each window sees."""
    y, shape = getattr(F, name)(x, *window), x.shape
    outputs, adaptive = y.shape, name.startswith("adaptive")
    given = () if adaptive else window

    def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
        if adaptive:  # the shape alone says which windows there were
            dy = validate.native(f"{name}_input", "grad_output", dy)
            validate.same_shape(f"{name}_input", "grad_output", dy, "the output", outputs)
        return (getattr(grad, f"{name}_input")(dy, shape, *given) if input_gradient else None), {}

    return y, backward


class _AvgPool(PoolLayer):
    """What AvgPool1d and AvgPool2d share."""

    count_include_pad: bool
    fixed = ("dilation",)

    @property
    def window(self) -> tuple[Any, ...]:
        """The function's arguments."""
        return self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "count_include_pad": self.count_include_pad}


class AvgPool2d(_AvgPool):
    """Z[n,c,p,q] = Σ_{r,s} X[n,c, p·stride + r - top, q·stride + s - left] / K[p,q].

    K counts the pixels of a window; each pixel of a window gets dL/dZ / K.

    **Arguments:**

    - `kernel_size`: height and width of a window, (R, S), or one number for both.
    - `stride`: the steps between two windows, (height, width) or one number; None is `kernel_size`.
    - `padding`: the zeros around the image, one number, (height, width) or ((top, bottom), (left, right)),
      less than a window; or "same_upper" for as many outputs as the input has pixels / stride, rounded up
      (TensorFlow's "same").
    - `ceil_mode`: whether a last window that the image fills only partly makes an output too.
    - `count_include_pad`: whether K counts the pixels of the padding, which TensorFlow's "same" never does.
    - `divisor_override`: a whole number that is K in all windows; None counts the pixels.
    """

    rank = PLANE
    operation = "avg_pool2d"
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    checks: ClassVar[Checks] = {
        **pool_checks(2),
        "count_include_pad": validate.flag,
        "divisor_override": arguments.divisor,
    }

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Padding | str = 0,
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
        return *super().window, self.divisor_override

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among the pixels of each window."""
        return _averages("avg_pool2d", x, *self.window)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "divisor_override": self.divisor_override}


class AvgPool1d(_AvgPool):
    """Z[n,c,p] = Σ_r X[n,c, p·stride + r - before] / K[p]: `AvgPool2d` along one axis.

    **Arguments:**

    - `kernel_size`: the length R of a window.
    - `stride`: the steps between two windows; None is `kernel_size`.
    - `padding`: the zeros around the signal, one number or ((before, after),), less than a window; or
      "same_upper", as in `AvgPool2d`.
    - `ceil_mode`: whether a last window that the signal fills only partly makes an output too.
    - `count_include_pad`: whether K counts the positions of the padding.
    """

    rank = LINE
    operation = "avg_pool1d"
    checks: ClassVar[Checks] = {**pool_checks(1), "count_include_pad": validate.flag}

    def __init__(
        self,
        kernel_size: Single,
        stride: Single | None = None,
        padding: LinePadding | str = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among the positions of each window."""
        return _averages("avg_pool1d", x, *self.window)


class AdaptiveAvgPool2d(AdaptivePoolLayer):
    """Z[n,c,p,q] = mean of X[n,c,h,w] over p·H/P <= h < (p+1)·H/P, q·W/Q <= w < (q+1)·W/Q.

    The lower limits are rounded down, the upper ones up.

    **Arguments:**

    - `output_size`: (P, Q), or one number for both; None in place of a number is the input's size. 1 is
      global average pooling.
    """

    output_size: tuple[int | None, int | None]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__(output_size)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among the pixels of each window."""
        return _averages("adaptive_avg_pool2d", x, self.output_size)


class AdaptiveAvgPool1d(AdaptivePoolLayer):
    """Z[n,c,p] = mean of X[n,c,l] over p·L/P <= l < (p+1)·L/P: `AdaptiveAvgPool2d` along one axis.

    **Arguments:**

    - `output_size`: P; (None,) is the input's size. 1 is global average pooling.
    """

    rank = LINE
    checks: ClassVar[Checks] = {"output_size": arguments.output_size(1)}

    def __init__(self, output_size: LineOutputSize) -> None:
        super().__init__(output_size)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The means, and the closure that shares the gradient among the positions of each window."""
        return _averages("adaptive_avg_pool1d", x, self.output_size)
