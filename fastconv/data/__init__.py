"""Labelled images: the bundled digits, IDX (MNIST), CIFAR, .npz files, folders of image files.

Each function returns a `Dataset` with `.train` and `.test`, pairs of images, float32 (N, C, H, W)
in [0, 1], and labels, int64 (N,); `.classes` has the names of the classes, `.source` the origin.
`augment` changes training images at random.
"""

from fastconv.data import augment
from fastconv.data.bundled import digits
from fastconv.data.cifar import cifar10, cifar100
from fastconv.data.dataset import Dataset
from fastconv.data.folders import image_folder
from fastconv.data.idx_format import idx
from fastconv.data.npz_format import npz
from fastconv.data.preparation import Preparation

__all__ = [
    "Dataset",
    "Preparation",
    "augment",
    "cifar10",
    "cifar100",
    "digits",
    "idx",
    "image_folder",
    "npz",
]
