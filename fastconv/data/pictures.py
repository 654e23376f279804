"""Image files as arrays."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastconv.data.dataset import StrPath
from fastconv.types import Array

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's name for pictures of so many channels."""
GREY = "1", "L", "LA", "La", "I", "F"
"""Its names for pixels without colour; those of 16 bits begin with I;16."""
SIXTEEN = 2**16 - 1
FULL = "PPM", "JPEG2000"
"""Formats whose numbers of more than 8 bits Pillow returns with `SIXTEEN` for white, whatever their depth."""
BITS, PHOTOMETRIC, LARGEST, SAMPLES = 258, 262, 281, 339
"""Tags of TIFF: BitsPerSample, PhotometricInterpretation, MaxSampleValue, SampleFormat."""

Range = tuple[float, float]
"""The values that become 0 and 1."""
Size = tuple[int | None, int | None]
"""Height and width; None and None are a picture's own."""
HINT = "value_range=({}, {})"
"""How a range is given."""


def read(
    path: StrPath,
    channels: int,
    size: Size = (None, None),
    value_range: Range | None = None,
    crop: bool = False,
    hint: str = HINT,
) -> Array:
    """One image file as float32 (channels, H, W) in [0, 1].

    Made grey or coloured as `channels` (1, 3 or 4) asks; what is transparent lies on white; resized to
    `size`, smaller by averaging areas, larger linearly, with `crop` after cutting off what is too much of one
    side. The file's type says which values are black and white: 0 and the largest of 8 or 16 bits, 0 and 1 of
    floats. Of 16 bits in a TIFF or PNG maybe fewer are in use, and integers of 32 bits say nothing:
    `value_range` says it then, of grey images; `hint` is how an error tells it.
    Needs Pillow.

    FileNotFoundError for a missing file, ValueError for one that is no image, has several, or has values
    outside of the range or of one that is not known.
    """
    picture, known = _opened(path)
    if value_range is not None or _deep(picture):
        picture = _scaled(path, picture, value_range or known, hint)
    return np.ascontiguousarray(_fitted(picture, MODES[channels], size, crop))


def is_grey(path: StrPath) -> bool:
    """Whether the pixels of an image file have no colour, as far as its header says; False for no image."""
    from PIL import Image

    try:
        _need_file(path)
        with Image.open(path) as file:
            return file.mode in GREY or file.mode.startswith("I;16")
    except Exception:  # whatever is wrong with it, `read` will tell
        return False


def need_pillow() -> None:
    """ValueError that says how to get Pillow where it is missing."""
    try:
        import PIL  # noqa: F401 - only whether it is there
    except ModuleNotFoundError:
        raise ValueError("images are read with Pillow: pip install 'fastconv[images]'") from None


def _need_file(path: StrPath) -> None:
    """ValueError for a pipe or a device, from which reading may never end."""
    place = Path(path)
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise ValueError(f"{path}: got what is neither file nor folder, needs an image file")


def _opened(path: StrPath) -> tuple["Picture", Range | None]:
    """The picture in a file, and what the file says of its range."""
    need_pillow()
    from PIL import Image, ImageOps, UnidentifiedImageError

    _need_file(path)
    try:
        with Image.open(path) as file:
            fault = _fault(file)
            if fault is None:
                picture = ImageOps.exif_transpose(file)
                # Pillow cannot convert these modes to grey.
                return picture.convert("RGB") if file.mode == "LAB" else picture.copy(), _known(file)
    except UnidentifiedImageError as error:
        needs = "a kind that Pillow reads, such as PNG or JPEG"
        raise ValueError(
            f"{path}: got a file that is no image or of an unknown kind, needs {needs}"
        ) from error
    except Exception as error:  # decoders raise nearly anything at a damaged file
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path}: got an image that cannot be read ({error})") from error
    raise ValueError(f"{path}: {fault}")


def _fault(file: "Picture") -> str | None:
    """Why Pillow's reading of a file could mislead, if it could."""
    frames = getattr(file, "n_frames", 1)
    if frames > 1 and file.format != "MPO":  # a photograph, and behind it other views of the same
        return f"got {frames} images in one file, needs one: save one of them on its own"
    bits, kind = _bits(file), _tag(file, SAMPLES, 1)
    if file.mode == "L" and kind == 2:
        return "got signed integers of 8 bits, needs unsigned ones"
    if file.mode in ("RGB", "RGBA") and bits > 8:  # of which Pillow keeps the upper 8
        largest = max(high for _, high in file.getextrema())
        if largest < 128:
            return f"got {bits} bits a channel of which not all seem to be in use, needs 8 bits a channel"
    return None


def _known(file: "Picture") -> Range | None:
    """The values of black and white that a file's type says; None if it says none."""
    if file.mode == "F":
        black, white = 0.0, 1.0
    elif file.mode.startswith("I") and file.format in FULL:
        black, white = 0.0, float(SIXTEEN)
    elif file.mode.startswith("I;16") or (file.format == "PNG" and file.mode == "I"):
        largest = _tag(file, LARGEST, SIXTEEN)
        # The tag is meant for statistics; only a value of this form tells the depth.
        depth = largest if (largest + 1) & largest == 0 else SIXTEEN
        black, white = 0.0, float(min(depth, 2 ** _tag(file, BITS, 16) - 1))
        if white == SIXTEEN and np.asarray(file).max() <= SIXTEEN // 2:
            return None
    else:
        return None
    # Pillow inverts such pictures only if they have 8 bits.
    return (white, black) if _tag(file, PHOTOMETRIC, 1) == 0 else (black, white)


def _bits(file: "Picture") -> int:
    """Bits of a channel in a TIFF or PNG file."""
    if file.format == "PNG":
        return 16 if file.tile and str(file.tile[0][3]).endswith(";16B") else 8
    return _tag(file, BITS, 8)


def _tag(file: "Picture", number: int, default: int) -> int:
    """The largest value of a tag of a TIFF file; `default` where there is none."""
    return int(np.max(getattr(file, "tag_v2", {}).get(number, default)))


def _deep(picture: "Picture") -> bool:
    """Whether the pixels are grey values of more than 8 bits."""
    return picture.mode == "F" or picture.mode.startswith("I")


def _scaled(path: StrPath, picture: "Picture", limits: Range | None, hint: str) -> "Picture":
    """A grey picture whose black is 0 and whose white is 1."""
    from PIL import Image

    if picture.mode != "L" and not _deep(picture):
        got = f"a picture of mode {picture.mode} for a range of values"
        raise ValueError(f"{path}: got {got}, needs grey values: no range would fit")
    values = np.asarray(picture, np.float64)
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(low) or not math.isfinite(high):
        raise ValueError(f"{path}: got values that are not finite, needs numbers")
    if limits is None or not min(limits) <= low <= high <= max(limits):
        needs = f"values from {min(limits):g} to {max(limits):g}" if limits else "those of black and white"
        fits = hint.format(min(0, math.floor(low)), 2 ** max(1, math.ceil(high).bit_length()) - 1)
        raise ValueError(f"{path}: got values from {low:g} to {high:g}, needs {needs}: {fits} would fit")
    black, white = limits
    return Image.fromarray(((values - black) / (white - black)).astype(np.float32))


def _fitted(picture: "Picture", mode: str, size: Size, crop: bool) -> Array:
    """The picture in this mode, of this height and width, as an array (C, H, W)."""
    from PIL import Image

    height, width = size[0] or picture.height, size[1] or picture.width
    kept_height, kept_width = float(picture.height), float(picture.width)
    if crop and picture.width * height > picture.height * width:
        kept_width = picture.height * width / height
    elif crop:
        kept_height = picture.width * height / width
    left, top = (picture.width - kept_width) / 2, (picture.height - kept_height) / 2
    box = (left, top, left + kept_width, top + kept_height)
    shrinks = kept_height >= height and kept_width >= width
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    if picture.mode == "F":
        grey = np.asarray(picture.resize((width, height), how, box))
        return np.stack([np.ones_like(grey) if channel == "A" else grey for channel in mode])
    if picture.has_transparency_data and mode != "RGBA":
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture.convert("RGBA"))
    pixels = np.asarray(picture.convert(mode).resize((width, height), how, box), np.float32) / np.float32(255)
    return pixels.reshape(height, width, len(mode)).transpose(2, 0, 1)
