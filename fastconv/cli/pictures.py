"""Image files as a network's input."""

from typing import TYPE_CHECKING

import numpy as np

from fastconv.types import Array, Shape

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's name for pictures of so many channels."""


def read(path: str, input_shape: Shape, invert: bool = False) -> Array:
    """One image file as float32 of `input_shape` (C, H, W) in [0, 1].

    Made grey or coloured as the shape asks; what is transparent lies on white; resized to height and width,
    smaller by averaging areas, larger linearly. `invert` turns black into white. Needs Pillow.

    FileNotFoundError for a missing file, ValueError for one that is no image.
    """
    channels = input_shape[0]
    if channels not in MODES:
        raise ValueError(f"predict: got a model for images of {channels} channels, needs one for 1, 3 or 4")
    pixels = np.asarray(_fitted(_opened(path), MODES[channels], input_shape[1:]), np.float32) / np.float32(
        255
    )
    image = pixels.reshape(*input_shape[1:], channels).transpose(2, 0, 1)
    if invert:
        image[:3] = 1 - image[:3]
    return np.ascontiguousarray(image)


def _opened(path: str) -> "Picture":
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ModuleNotFoundError:
        raise ValueError("predict reads images with Pillow: pip install 'fastconv[images]'") from None
    try:
        with Image.open(path) as file:
            return ImageOps.exif_transpose(file).copy()
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: got a file that is no image") from error
    except Exception as error:  # decoders raise nearly anything at a damaged file
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path}: got an image that cannot be read ({error})") from error


def _fitted(picture: "Picture", mode: str, size: Shape) -> "Picture":
    """The picture in this mode, of this height and width."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits a pixel, which `convert` would cut off instead of scaling
        wide = np.asarray(picture.convert("I")).clip(0, 65535)
        picture = Image.fromarray((wide // 257).astype(np.uint8))
    if picture.has_transparency_data and mode != "RGBA":
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture.convert("RGBA"))
    height, width = size
    shrinks = picture.height >= height and picture.width >= width
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return picture.convert(mode).resize((width, height), how)
