"""What the algorithms of a convolution share: its geometry, its axes, and where outputs lie in memory."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fastconv.geometry import Axis

from ..engine.geometry import Geometry
from .pack import Source, pack


class Place(NamedTuple):
    """Where outputs lie: index of the first, and steps from image to image, row to row, pixel to pixel."""

    first: int
    image: int
    row: int
    pixel: int


@dataclass(eq=False)
class Plan:
    """One pass of a convolution, of any number of images; `run` computes it."""

    geometry: Geometry
    height: Axis
    width: Axis

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The run-time integers of a kernel that no batch changes."""
        h, w = self.height, self.width
        return h.size, w.size, h.before, w.before, h.outputs, w.outputs

    @cached_property
    def pixels(self) -> int:
        """Output pixels of one image."""
        return self.height.outputs * self.width.outputs


@dataclass(eq=False)
class Convolution(Plan):
    """A pass whose outputs are convolutions: the forward pass, or an input gradient.

    run(x, weight, source, bias, y, images) convolves all images of flat x into flat y.
    """

    place: Place


@dataclass(eq=False)
class Packed(Convolution):
    """A convolution with packed filters."""

    def run(
        self, x: np.ndarray, weight: np.ndarray, source: Source, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x with the filters in flat `weight` into flat y."""
        self.convolve(x, self.pack(weight, source), bias, y, images)

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x with packed filters into flat y."""
        raise NotImplementedError

    def pack(self, weight: np.ndarray, source: Source) -> np.ndarray:
        """The filters as `convolve` wants them, from flat `weight`."""
        return pack(self.geometry, weight, source)

    @cached_property
    def packed_size(self) -> int:
        """Elements of the packed filters."""
        g = self.geometry
        return g.panels * g.taps_h * g.taps_w * g.channels * g.columns
