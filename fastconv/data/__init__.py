"""Labelled images: the bundled digits, IDX (MNIST) files and .npz files.

Each function returns a `Dataset` with `.train` and `.test`, pairs of images, float32 (N, C, H, W)
in [0, 1], and labels, int64 (N,); `.classes` has the names of the classes, `.source` the origin.
"""

from fastconv.data.bundled import digits
from fastconv.data.dataset import Dataset
from fastconv.data.idx_format import idx
from fastconv.data.npz_format import npz

__all__ = ["Dataset", "digits", "idx", "npz"]
