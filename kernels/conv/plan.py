"""What the algorithms of a convolution share: the sizes of a pass, and what a plan of one can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..chain.lines import rows_of
from ..chain.stages import Form, literals
from ..engine.geometry import Geometry, GeometryType
from ..engine.machine import lanes
from ..memory.buffers import streams
from .pack import Source, pack
from .problem import Problem


class Place(NamedTuple):
    """Where outputs lie: index of the first, and steps from image to image, row to row, pixel to pixel."""

    first: int
    image: int
    row: int
    pixel: int


def run_time_sizes(p: Problem, place: Place | None = None) -> dict[str, int]:
    """The sizes that every geometry of a convolution has, under these names: no machine code depends on them.

    The input is `height` x `width` pixels, with `top` rows and `left` pixels of padding before it, the output
    `outputs_h` x `outputs_w` pixels. With a place, output pixel (n, p, q) begins at
    y[y_first + n * y_image + p * y_row + q * y_pixel].
    """
    image = {
        "height": p.height.size, "width": p.width.size, "top": p.height.before, "left": p.width.before,
        "outputs_h": p.height.outputs, "outputs_w": p.width.outputs,
    }  # fmt: skip
    return image | ({f"y_{name}": step for name, step in place._asdict().items()} if place else {})


def geometry(sizes: dict[str, int], literals: Mapping[str, int | GeometryType]) -> Geometry:
    """A geometry in which a name that is a size and a literal is a literal."""
    return Geometry({name: size for name, size in sizes.items() if name not in literals}, **literals)


def sizes_of_stages(p: Problem, forms: tuple[Form, ...]) -> dict[str, int]:
    """The run-time sizes of stages on the outputs: nothing if there are none."""
    return {"period": rows_of(p.filters * p.groups, p.dtype).period} if forms else {}


def literals_of_stages(
    p: Problem, forms: tuple[Form, ...], panels: int = 1, vector: int | None = None
) -> dict[str, int | GeometryType]:
    """The literals of stages on the outputs, whose rows of lines stand behind that of the bias.

    `vector`: the lanes of a vector, where they are not those of the machine. `folded`: whether pixels fill no
    whole vectors, and have all their filters (in one of the `panels`) at once; then several of them are taken
    together.
    """
    if not forms:
        return {}
    vector = vector or lanes(p.dtype)
    folded = panels == 1 and p.filters * p.groups % vector != 0
    return literals(forms, vector, 1) | {"folded": int(folded)}


@dataclass(eq=False)
class Plan:
    """One pass of a convolution, of any number of images; `run` computes it."""

    geometry: Geometry

    def streams(self, y: np.ndarray) -> bool:
        """Whether to write flat y past the caches: not if its elements are read again for stages."""
        g = self.geometry
        return not g.stages and streams(y, g.filters)

    @cached_property
    def pixels(self) -> int:
        """Output pixels of one image."""
        return self.geometry.outputs_h * self.geometry.outputs_w


class Convolution(Plan):
    """A pass whose outputs are convolutions: the forward pass, or an input gradient.

    run(x, weight, source, bias, y, images) convolves all images of flat x into flat y. If the geometry has
    stages, `bias` is the first row of their lines (`chain/lines.py`), and `other` the elements that one of
    them reads beside y.
    """


class Packed(Convolution):
    """A convolution with packed filters."""

    def run(
        self,
        x: np.ndarray,
        weight: np.ndarray,
        source: Source,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray | None = None,
    ) -> None:
        """Convolve all images of flat x with the filters in flat `weight` into flat y."""
        self.convolve(x, self.pack(weight, source), bias, y, images, bias if other is None else other)

    def convolve(
        self,
        x: np.ndarray,
        packed: np.ndarray,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray,
    ) -> None:
        """Convolve all images of flat x with packed filters into flat y."""
        raise NotImplementedError

    def pack(self, weight: np.ndarray, source: Source) -> np.ndarray:
        """The filters as `convolve` wants them, from flat `weight`."""
        return pack(self.packing, weight, source)

    @cached_property
    def packing(self) -> Geometry:
        """The sizes of the packed filters: `pack` has one machine code for all of them."""
        g = self.geometry
        names = "filters", "channels", "blocks", "panels", "columns"
        return Geometry({name: getattr(g, name) for name in names}, lanes=g.lanes)

    @cached_property
    def packed_size(self) -> int:
        """Elements of the packed filters."""
        g = self.geometry
        return g.panels * g.taps_h * g.taps_w * g.channels * g.columns
