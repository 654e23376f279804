"""What a classifier says of images, whatever its last layer makes of it."""

import numpy as np

from fastconv import nn
from fastconv.types import Array


def logits(model: nn.Layer, images: Array) -> Array:
    """One logit a class, (N, K): the softmax of them is what the model takes for the classes' probabilities.

    Images are given in float32. The outputs of a last Softmax, or a last Sigmoid of one output, are turned
    back. One output is the logit of the second of two classes; that of the first is 0.
    """
    dtype = next((array.dtype for array in model.parameters().values()), images.dtype)
    outputs = model.predict(images.astype(dtype, copy=False))
    last = [layer for _, layer in model.leaves()][-1:]
    if last and isinstance(last[0], nn.Softmax):
        outputs = _log(outputs)
    if outputs.shape[1] > 1:
        return outputs
    if last and isinstance(last[0], nn.Sigmoid):
        outputs = _log(outputs) - _log(1 - outputs)
    return np.concatenate([np.zeros_like(outputs), outputs], axis=1)


def _log(shares: Array) -> Array:
    """The logarithm, of the smallest number where there is 0."""
    return np.log(np.maximum(shares, np.finfo(shares.dtype).tiny))
