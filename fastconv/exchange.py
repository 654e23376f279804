"""Arrays of other libraries as NumPy's, without a copy where their memory allows one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

PLAIN = {np.ndarray, int, float, bool, str, tuple, list, type(None)}
"""Types that are no other library's arrays."""
CPU = 1
"""The device of DLPack whose memory NumPy reads."""


def taken(function: str, name: str, value: Any) -> Any:
    """The numbers that another library's array or table holds, as an array; anything else as it is.

    Taken are tensors of PyTorch (as plain numbers, whatever autograd recorded of them), what has a `to_numpy`
    (frames and series of pandas and others), `__array_interface__`, or `__dlpack__`. TypeError, as of
    argument `name` of `function`, for memory of another device and for numbers that NumPy lacks.
    """
    if isinstance(value, np.ndarray | np.generic | type):
        return value
    try:
        if hasattr(value, "detach") and hasattr(value, "device"):
            return _of_tensor(value)
        if hasattr(value, "to_numpy"):
            return value.to_numpy()
        if hasattr(value, "__array_interface__"):
            return np.asarray(value)
        if hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__"):
            return _of_dlpack(value)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        reason = str(error).split("\n")[0]
        raise TypeError(f"{function}: {name}: got {type(value).__name__}: {reason}") from None
    return value


def all_taken(function: str, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The same for each value of a list."""
    if PLAIN.issuperset(map(type, values)):
        return values
    return [taken(function, name, value) for value in values]


def from_bfloat16(bits: Any) -> Any:
    """The float32 numbers whose upper halves are these 16 bits (uint16): those of bfloat16."""
    return (np.left_shift(bits, 16, dtype=np.uint32)).view(np.float32)


def _of_tensor(tensor: Any) -> Any:
    if tensor.device.type != "cpu":
        raise TypeError(f"its memory is on {tensor.device}, needs the CPU's; its .cpu() would fit")
    if str(tensor.dtype) == "torch.bfloat16":
        raise TypeError("NumPy lacks bfloat16; its .float() would fit")
    return tensor.numpy(force=True)


def _of_dlpack(value: Any) -> Any:
    device = int(value.__dlpack_device__()[0])
    if device != CPU:
        raise TypeError(f"its memory is on device {device} of DLPack, needs the CPU's, {CPU}")
    return np.from_dlpack(value)
