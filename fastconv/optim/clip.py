"""Clips gradients by their common norm."""

import math
from collections.abc import Mapping

import numpy as np

from fastconv import validate
from fastconv.types import Array


def clip(gradients: Mapping[str, Array | None], norm: float) -> dict[str, Array | None]:
    """Gradients scaled down together so that their common 2-norm is at most `norm`; smaller ones as they are.

    Their norm runs over all elements of all arrays, as in `torch.nn.utils.clip_grad_norm_`. None, the
    gradient of what is frozen, stays None.
    """
    norm = validate.number("clip", "norm", norm, 0, math.inf)
    present = (g for g in gradients.values() if g is not None)
    total = math.sqrt(sum(float(np.sum(np.square(g, dtype=np.float64))) for g in present))
    scale = norm / (total + 1e-6)
    if scale >= 1:
        return dict(gradients)
    return {name: None if g is None else g * scale for name, g in gradients.items()}
