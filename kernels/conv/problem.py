"""A convolution as the table of algorithms sees it: by its shapes alone."""

import itertools
from typing import NamedTuple

import numpy as np

from fastconv.geometry import Axis, axes

from .phases import Phase, phases


class Problem(NamedTuple):
    """All that the choice of an algorithm may depend on; channels and filters are those of one group.

    `winograd`: whether Winograd's algorithm may be used. `whole`: whether it has all taps of the filters, and
    `dense`: whether its output pixels are neighbours in memory; a phase of a strided input gradient may have
    neither.
    """

    images: int
    height: Axis
    width: Axis
    channels: int
    filters: int
    groups: int
    dtype: np.dtype
    winograd: bool
    whole: bool = True
    dense: bool = True

    @property
    def any_batch(self) -> "Problem":
        """The same of no certain number of images: one plan serves them all."""
        return self._replace(images=0)

    @property
    def pixels(self) -> int:
        """Output pixels of one image."""
        return self.height.outputs * self.width.outputs

    @property
    def pairs(self) -> list[tuple[Phase | None, Phase | None]]:
        """The phases of the input gradient: of the height, and of the width."""
        return list(itertools.product(phases(self.height), phases(self.width)))

    def phase(self, h: Phase, w: Phase) -> "Problem":
        """The convolution of the output gradient that makes one phase of the input gradient."""
        return self._replace(
            height=h.axis, width=w.axis, channels=self.filters, filters=self.channels,
            whole=h.axis.taps * w.axis.taps == self.height.taps * self.width.taps,
            dense=self.width.stride == 1,
        )  # fmt: skip

    @property
    def transposed(self) -> "Problem":
        """The first of those convolutions: at stride 1 the only one."""
        return next((self.phase(h, w) for h, w in self.pairs if h and w), self)


def problem(size, weight_size, stride, padding, dilation, groups, dtype, winograd) -> Problem:
    """The problem of a convolution of an (N, C, H, W) input with (K, C / groups, kH, kW) filters."""
    height, width = axes(size, weight_size, stride, padding, dilation)
    filters, channels = weight_size[0] // groups, weight_size[1]
    return Problem(size[0], height, width, channels, filters, groups, np.dtype(dtype), winograd)
