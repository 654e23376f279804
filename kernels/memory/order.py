"""The order of an array's axes in memory: that of the array, or N, H, W, C of images."""

import math

import numpy as np

from .buffers import channels_last, empty, plain


def lies_by_channels(array: np.ndarray) -> bool:
    """Whether an array is images with their channels side by side in memory, and not in C order, too."""
    return array.ndim == 4 and not array.flags.c_contiguous and array.transpose(0, 2, 3, 1).flags.c_contiguous


def ordered(shape: tuple[int, ...], by_channels: bool) -> tuple[int, ...]:
    """The sizes of the axes in the order of memory, which is N, H, W, C if `by_channels`."""
    return tuple(shape[axis] for axis in (0, 2, 3, 1)) if by_channels else tuple(shape)


def elements(array: np.ndarray, by_channels: bool) -> np.ndarray:
    """The elements flat, in that order; copied if they lie otherwise."""
    return channels_last(array) if by_channels else plain(array).ravel()


def made(shape: tuple[int, ...], dtype: np.dtype, by_channels: bool) -> tuple[np.ndarray, np.ndarray]:
    """An uninitialised array, and its elements flat in that order."""
    line = empty((math.prod(shape),), dtype)
    if not by_channels:
        return line.reshape(shape), line
    return line.reshape(ordered(shape, True)).transpose(0, 3, 1, 2), line
