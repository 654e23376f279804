"""Arrays put one after the other along an axis, and taken apart again."""

from collections.abc import Sequence

import numpy as np

from fastconv.types import Array, Shape


def concat(inputs: Sequence[Array], dim: int = 1) -> Array:
    """y[..., o_i + j, ...] = x_i[..., j, ...] along `dim`, o_i the sizes of the arrays before x_i."""
    return np.concatenate(inputs, axis=dim)


def concat_input(grad_output: Array, sizes: Shape, dim: int = 1) -> list[Array]:
    """dx_i[..., j, ...] = dy[..., o_i + j, ...] along `dim`, o_i the sizes of the parts before dx_i."""
    parts = np.split(grad_output, np.cumsum(sizes)[:-1], axis=dim)
    return [np.ascontiguousarray(part) for part in parts]
