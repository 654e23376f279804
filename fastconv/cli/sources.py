"""What stands after `--data`."""

from pathlib import Path

from fastconv import data
from fastconv.cli.arguments import DATA


def read(text: str) -> tuple[str, data.Dataset]:
    """A short name and the data set for `digits`, `idx:...` or `npz:...`; ValueError for anything else."""
    kind, _, rest = text.partition(":")
    if text == "digits":
        return text, data.digits()
    paths = rest.split(",")
    if kind == "idx" and len(paths) in (2, 4) and all(paths):
        test_images, test_labels = paths[2:] or (None, None)
        return kind, data.idx(paths[0], paths[1], test_images, test_labels)
    if kind == "npz" and rest:
        return Path(rest).stem, data.npz(rest)
    raise ValueError(f"--data: got {text}, needs {DATA}")
