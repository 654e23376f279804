"""Layers of images with other sizes: Upsample and PixelShuffle."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.ops.resample import (
    MODES,
    Scale,
    Size,
    per_axis,
    resampling,
    shuffled_size,
)
from fastconv.types import Array, Shape
from fastconv.validate import wrong_value


def _size(kind: str, name: str, value: Any) -> Any:
    """A size or factor for all axes, or one for each; None is not given."""
    if value is None:
        return None
    checked = per_axis(kind, name, value)
    return checked if isinstance(value, (tuple, list)) else checked[0]


def _align_corners(kind: str, name: str, value: bool | None) -> bool | None:
    return None if value is None else validate.flag(kind, name, value)


class Upsample(Layer):
    """Y[n,c,p,q] = X[n,c, x(p), x(q)], between pixels the weighted mean of their neighbours.

    x(p) is p·s rounded down ("nearest"), (p + ½)·s - ½ ("bilinear"), or p·(H-1)/(P-1) (with `align_corners`),
    s the size of the input by that of the output. Each output's gradient goes to what it was read from.

    **Arguments:**

    - `size`: the output's (P, Q), or one number for all axes; None if `scale_factor` is given.
    - `scale_factor`: by what the sizes are multiplied, rounded down: one number, or one for each axis.
    - `mode`: "nearest", "bilinear" for images, or "linear" for signals (N, C, L).
    - `align_corners`: whether the corners of input and output lie on each other; not with "nearest".
    """

    size: Any
    scale_factor: Any
    checks: ClassVar[Checks] = {"size": _size, "scale_factor": _size, "align_corners": _align_corners}
    fixed = ("size", "scale_factor", "mode", "align_corners")

    def __init__(
        self,
        size: Size = None,
        scale_factor: Scale = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        super().__init__()
        self._set(size=size, scale_factor=scale_factor)
        if not isinstance(mode, str) or mode not in MODES:
            needs = ", ".join(map(repr, MODES))
            raise wrong_value(type(self).__name__, "mode", repr(mode), needs)
        if size is not None and scale_factor is not None:
            got = f"{scale_factor} beside size={size}"
            raise wrong_value(type(self).__name__, "scale_factor", got, "one of them alone")
        self.mode = mode
        self.align_corners = align_corners
        # An input that any valid arguments fit has them checked.
        given = self.scale_factor if size is None else self.size
        several = given if isinstance(given, tuple) else (given,) * (1 if mode == "linear" else 2)
        pixels = (1 if size is not None or factor is None else 1 + int(1 / factor) for factor in several)
        resampling(type(self).__name__, "size", (0, 1, *pixels), *self._how)

    @property
    def _how(self) -> tuple[Any, ...]:
        """The function's arguments."""
        return self.size, self.scale_factor, self.mode, self.align_corners

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The image at its other size, and the gradient's closure."""
        how = self._how
        y, shape = F.interpolate(x, *how), x.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.interpolate_input(dy, shape, *how) if input_gradient else None), {}

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, P, Q), or (C, L) -> (C, P)."""
        output, *_ = resampling(type(self).__name__, "input", (1, *input_shape), *self._how)
        return output[1:]

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = "size", "scale_factor", "mode", "align_corners"
        return dict(zip(names, self._how, strict=True))


class PixelShuffle(Layer):
    """Y[n,c, h·r + i, w·r + j] = X[n, c·r² + i·r + j, h, w]: channels become pixels; dx the other way round.

    **Arguments:**

    - `upscale_factor`: r, by which height and width grow; the channels are a multiple of r².
    """

    takes_images = True
    checks: ClassVar[Checks] = {"upscale_factor": validate.integer}

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The larger image, and the gradient's closure."""
        r = self.upscale_factor

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.pixel_shuffle_input(dy, r) if input_gradient else None), {}

        return F.pixel_shuffle(x, r), backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C·r², H, W) -> (C, H·r, W·r)."""
        return shuffled_size(type(self).__name__, input_shape, self.upscale_factor)

    def config(self) -> dict[str, Any]:
        """The constructor's argument."""
        return {"upscale_factor": self.upscale_factor}
