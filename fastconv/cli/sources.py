"""What stands after `--data`."""

from pathlib import Path

from fastconv import data
from fastconv.cli.arguments import DATA
from fastconv.data.preparation import RAW, Preparation
from fastconv.types import Pair


def check_size(size: Pair | None, text: str) -> None:
    """ValueError for a `--size` of what is no folder."""
    if size is not None and not text.startswith("folder:"):
        raise ValueError(f"--size: got it with {text}, needs images of a folder: folder:DIR")


def read(
    text: str, size: Pair | None = None, channels: int | None = None, how: Preparation = RAW
) -> tuple[str, data.Dataset]:
    """A short name and the data set for what `DATA` lists; ValueError for anything else.

    The other arguments are for folders of image files, as in `data.image_folder`.
    """
    kind, _, rest = text.partition(":")
    if text == "digits":
        return text, data.digits()
    if not rest:
        raise ValueError(f"--data: got {text}, needs {DATA}")
    if kind == "folder":
        found = data.image_folder(rest, size, channels, how.crop, how.value_range)
        return Path(rest).resolve().name, found
    paths = rest.split(",")
    if kind == "idx" and len(paths) in (2, 4) and all(paths):
        test_images, test_labels = paths[2:] or (None, None)
        return kind, data.idx(paths[0], paths[1], test_images, test_labels)
    if kind == "npz":
        return Path(rest).stem, data.npz(rest)
    if kind == "cifar10":
        return kind, data.cifar10(rest)
    if kind == "cifar100":
        return kind, data.cifar100(rest)
    raise ValueError(f"--data: got {text}, needs {DATA}")
