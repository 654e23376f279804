"""PyTorch's numbers as NumPy's, and PyTorch itself, which is imported when it is needed."""

from importlib import import_module
from typing import Any

import numpy as np

from fastconv.types import Array

HALF = "torch.float16", "torch.bfloat16"
"""The types that are converted to float32."""
WHOLE = "torch.float32", "torch.float64", "torch.int64"
"""Those of parameters and buffers that are taken as they are."""


def torch_for(function: str) -> Any:
    """PyTorch; ImportError, which says what to install, without it."""
    try:
        return import_module("torch")
    except ImportError as error:
        raise ImportError(f"{function}: needs PyTorch: pip install torch") from error


def array_of(tensor: Any) -> Array:
    """A copy of a tensor's numbers, on whatever device it is; those of half precision in float32.

    ValueError for a tensor without numbers (on the device "meta") and one of another type.
    """
    if str(tensor.dtype) not in HALF + WHOLE or tensor.is_meta or tensor.is_sparse:
        got = "no numbers (the device 'meta')" if tensor.is_meta else f"{tensor.dtype} ({tensor.layout})"
        raise ValueError(f"got {got}, needs dense float32, float64, float16 or bfloat16")
    tensor = tensor.detach().cpu()
    return np.array((tensor.float() if str(tensor.dtype) in HALF else tensor).numpy())
