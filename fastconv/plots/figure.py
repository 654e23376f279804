"""New figures, and images put side by side in them."""

import io
from functools import partial
from typing import Any

import numpy as np

from fastconv.types import Array

MOST_TICKS = 16
"""Numbers along one side of a picture."""


def new_figure(function: str, width: float, height: float) -> Any:
    """An empty figure of so many inches; ImportError without matplotlib, in the name of `function`."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(f"{function}: needs matplotlib: pip install 'fastconv[plots]'") from error
    figure: Any = Figure(figsize=(width, height), layout="constrained")
    # Notebooks know the figures of pyplot alone; this method is what they look for in everything else.
    figure._repr_png_ = partial(_png, figure)
    return figure


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def picture(image: Array) -> Array:
    """One image (C, H, W) as matplotlib shows it: colours last, or the first channel alone."""
    return image.transpose(1, 2, 0) if len(image) in (3, 4) else image[0]


def show(axes: Any, image: Array) -> None:
    """Shows an image (C, H, W), values from 0 to 1 as they are, others from the least to the largest."""
    low, high = image.min(), image.max()
    if low < 0 or high > 1:
        image = (image - low) / ((high - low) or 1)
    axes.imshow(picture(image), cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def mosaic(images: Array, columns: int) -> Array:
    """Images (N, H, W) or (N, H, W, 3), row by row with gaps of NaN between them."""
    count, height, width, *colors = images.shape
    rows = -(-count // columns)
    gap = gap_of(width)
    size = rows * (height + gap) - gap, columns * (width + gap) - gap, *colors
    whole = np.full(size, np.nan, images.dtype)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        whole[top : top + height, left : left + width] = image
    return whole


def gap_of(width: int) -> int:
    """Pixels between two images of this width in a mosaic."""
    return max(1, width // 12)


def number_tiles(axes: Any, rows: list[str], columns: list[str], height: int, width: int) -> None:
    """Writes the names of rows and columns beside a mosaic of images (H, W), and removes its frame."""
    gap = gap_of(width)
    for axis, names, length in ((axes.yaxis, rows, height), (axes.xaxis, columns, width)):
        step = -(-len(names) // MOST_TICKS)
        chosen = range(0, len(names), step)
        axis.set_ticks([i * (length + gap) + (length - 1) / 2 for i in chosen], [names[i] for i in chosen])
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)


def inches(shape: tuple[int, ...], longest: float = 6.5) -> tuple[float, float]:
    """Width and height of an image (H, W, ...) whose longer side has `longest` inches, none under two."""
    height, width = shape[:2]
    scale = longest / max(height, width)
    return max(2.0, width * scale), max(2.0, height * scale)
