"""Layers that pass on, rearrange, take parts or put them together."""

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.writing.graph import Place
from fastconv.types import Shape


def identity(at: Place, layer: nn.Identity, x: str) -> str:
    """What it reads, without a node."""
    return x


def dropout(at: Place, layer: nn.Dropout, x: str) -> str:
    """x itself, with the probability for who trains the model again."""
    ratio = np.asarray(layer.p, np.float32)
    if ratio == 1:  # which ONNX does not know
        return x
    return at.node("Dropout", x, at.constant("ratio", ratio))


def flatten(at: Place, layer: nn.Flatten, x: str) -> str:
    """All axes of a sample as one, or some of them."""
    shape = layer.output_shape(at.shape)
    return at.node("Flatten", x, axis=1) if len(shape) == 1 else reshaped(at, x, shape)


def unflatten(at: Place, layer: nn.Unflatten | nn.Reshape, x: str) -> str:
    """One axis as several, or any other shape."""
    return reshaped(at, x, layer.output_shape(at.shape))


def permute(at: Place, layer: nn.Permute, x: str) -> str:
    """The axes in another order."""
    return at.node("Transpose", x, perm=list(layer.dims))


def slice_(at: Place, layer: nn.Slice, x: str) -> str:
    """Part of an axis, forwards or backwards; for ONNX, too, -1 is the last index, not the one before 0."""
    axis = layer.dim % (len(at.shape) + 1)
    size = at.shape[axis - 1]
    start, stop, step = slice(layer.start, layer.stop, layer.step).indices(size)
    return sliced(at, x, axis, start, stop if stop >= 0 else -size - 1, step)


def concatenate(at: Place, layer: nn.Concatenate, *inputs: str) -> str:
    """One after the other along the same axis, the batch counted."""
    return at.node("Concat", *inputs, axis=layer.dim)


def reshaped(at: Place, x: str, shape: Shape) -> str:
    """Samples in another shape: 0 stands for the batch's size as it is."""
    return at.node("Reshape", x, at.integers("shape", 0, *shape))


def sliced(at: Place, x: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    """Part of an axis, the batch counted."""
    labels = {"starts": start, "ends": stop, "axes": axis, "steps": step}
    return at.node("Slice", x, *(at.integers(label, value) for label, value in labels.items()))


def along_channels(at: Place, array: str) -> str:
    """An array (C,) in the shape in which it meets (N, C, ...) along its channels: (C, 1, ...)."""
    behind = len(at.shape) - 1
    if behind == 0:
        return array
    return at.node("Unsqueeze", array, at.integers("axes", *range(1, behind + 1)))
