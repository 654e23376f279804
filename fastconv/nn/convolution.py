"""What layers of filters share: their settings, and the checks of what they are given."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.nn.weighted import WeightedLayer
from fastconv.nn.windows import image_size, short, short_padding
from fastconv.ops.rank import PLANE, Rank
from fastconv.types import Shape

CHANNELS: Checks = {
    "in_channels": validate.integer,
    "out_channels": validate.integer,
    "groups": validate.integer,
}
"""The checks of settings that are the same along any number of axes."""


class FilterLayer(WeightedLayer):
    """A layer whose filters move over images, or over signals."""

    rank: ClassVar[Rank] = PLANE
    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Any
    dilation: tuple[int, ...]
    groups: int
    takes_images = True
    fixed = ("in_channels", "out_channels", "kernel_size", "groups", "dtype")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        window: dict[str, Any],
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
    ) -> None:
        self._set(in_channels=in_channels, out_channels=out_channels, groups=groups)
        self._set(**window)
        name = type(self).__name__
        if self.in_channels % self.groups or self.out_channels % self.groups:
            needs = f"a divisor of {in_channels} and {out_channels} channels"
            raise validate.wrong_value(name, "groups", groups, needs)
        if not isinstance(padding_mode, str) or padding_mode != "zeros":
            needs = "'zeros', the only one there is"
            raise validate.wrong_value(name, "padding_mode", repr(padding_mode), needs)
        super().__init__(self._weight_shape(), bias, dtype, seed, self.out_channels)

    def _weight_shape(self) -> Shape:
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def _size(self, input_shape: Shape) -> Shape:
        """The size of an input (in_channels, ...); ValueError for another one, with what would fit."""
        name, axes = type(self).__name__, self.rank.axes
        size = image_size(name, input_shape, self.in_channels, self.rank)
        if input_shape[0] == self.in_channels:
            return size
        fits = f"{name}({input_shape[0]}, {self.out_channels}, {short(self.kernel_size)})"
        last = f"x.transpose(0, {axes + 1}, {', '.join(map(str, range(1, axes + 1)))})"
        if input_shape[-1] == self.in_channels:
            fits = last
        elif axes == 2 and input_shape[-1] in (1, 3, 4) and min(input_shape[:2]) > 4:
            fits = f"for images with their channels last {last}, and another {name}"
        got = f"got {input_shape[0]} channels, needs {self.in_channels}"
        raise ValueError(f"{name}: {got}; {fits} would fit")

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
