"""Arrays as the kernels want them: dense, channels-last, writable to the compiler."""

import numpy as np

from .jit import kernel


class _Alias:
    """Memory seen as writable: kernels leave inputs alone, and a second array type would compile twice."""

    def __init__(self, array: np.ndarray) -> None:
        self.owner = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


def plain(array: np.ndarray) -> np.ndarray:
    """The same C-contiguous elements as one array type, without a copy where they lie so already."""
    array = np.ascontiguousarray(array)
    return array if array.flags.writeable else np.asarray(_Alias(array))


def flat(array: np.ndarray) -> np.ndarray:
    """The elements of a dense array in the order of memory, or of a copy where it has gaps."""
    line = array.reshape(-1) if array.flags.c_contiguous else array.ravel(order="K")
    return plain(line)


def flat_like(array: np.ndarray, model: np.ndarray) -> np.ndarray:
    """The elements of `array` in the order in which `flat` puts those of `model`, of the same shape."""
    if array.strides == model.strides or (array.flags.c_contiguous and model.flags.c_contiguous):
        return flat(array)
    same = np.empty_like(model, dtype=array.dtype)
    same[...] = array
    return flat(same)


def empty_channels_last(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array of logical shape (N, C, H, W) whose channels lie side by side."""
    n, c, h, w = shape
    return np.empty((n, h, w, c), dtype).transpose(0, 3, 1, 2)


def channels_last(array: np.ndarray) -> np.ndarray:
    """The elements of an (N, C, H, W) array, flat in the order N, H, W, C; copied if they lie otherwise."""
    n, c, h, w = array.shape
    view = array.transpose(0, 2, 3, 1)
    if view.flags.c_contiguous:
        return plain(view.reshape(-1))
    if c == 1 or h * w == 1:
        return plain(array).reshape(-1)
    source = plain(array).reshape(-1)
    target = np.empty(array.size, array.dtype)
    _interleave(n * h, 4 * array.size, source, target, c, h, w)
    return target


@kernel
def _interleave(source, target, channels, height, width, first, last):
    for job in range(first, last):
        n = job // height
        row = job - n * height
        at = job * width * channels
        for c in range(channels):
            origin = ((n * channels + c) * height + row) * width
            for q in range(width):
                target[at + q * channels + c] = source[origin + q]
