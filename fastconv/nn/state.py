"""Checks of a state dict against a layer's parameters and buffers."""

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from fastconv import exchange, validate
from fastconv.types import Array

_logger = logging.getLogger("fastconv")


def fitting(
    name: str, state: Any, parameters: Mapping[str, Array], optional: Collection[str] = ()
) -> dict[str, Array]:
    """The arrays of a state dict (of arrays or PyTorch tensors) that fits these parameters.

    The logger "fastconv" says once where numbers of half precision are taken as floats of more bits.
    TypeError where it is no dict, ValueError that lists what does not fit; `name` is the layer's. The names
    `optional` may be missing.
    """
    if not isinstance(state, Mapping):
        hint = "; its state_dict() would fit" if hasattr(state, "state_dict") else ""
        raise TypeError(f"load_state_dict: got {type(state).__name__}, needs a dict of name and array{hint}")
    if hint := _other_names(list(map(str, state)), parameters) or _inner(state, parameters):
        raise ValueError(f"load_state_dict: {name}: {hint}")
    problems = [f"missing {key}" for key in parameters if key not in state and key not in optional]
    problems += [f"unexpected {key}" for key in state if key not in parameters]
    arrays = {}
    for key in parameters.keys() & state.keys():
        try:
            arrays[key] = _array(state[key])
        except (TypeError, ValueError, RuntimeError) as error:
            reason = str(error).split("\n")[0]
            problems.append(f"{key}: got no array but {type(state[key]).__name__}: {reason}")
        else:
            problems += _misfit(key, arrays[key], parameters[key])
    halves = [key for key in arrays if str(getattr(state[key], "dtype", "")).endswith("float16")]
    if problems:
        raise ValueError(f"load_state_dict: {name}: {validate.listed(sorted(problems))}")
    if halves:
        _logger.warning(
            "load_state_dict: numbers of half precision are converted: %s", validate.listed(halves)
        )
    return arrays


def _array(value: Any) -> Array:
    """An array, or the numbers of a PyTorch tensor: on whatever device, in a float type that NumPy lacks."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if value.is_floating_point() and value.element_size() < 4 else value).numpy()
    return np.asarray(exchange.taken("load_state_dict", "state", value))


def _misfit(key: str, got: Array, wanted: Array) -> Iterable[str]:
    """What is wrong with an array for a parameter, if anything."""
    if got.shape != wanted.shape:
        turned = got.ndim == 2 and got.T.shape == wanted.shape
        yield f"{key}: got shape {got.shape}, needs {wanted.shape}{'; its .T would fit' if turned else ''}"
    elif got.dtype.kind not in ("iu" if wanted.dtype.kind == "i" else "f"):
        yield f"{key}: got {got.dtype}, needs {wanted.dtype}"


def _other_names(got: list[str], parameters: Mapping[str, Array]) -> str:
    """The way out where all names lack a prefix or have one too many, as those of a wrapped model have."""
    longer, shorter = _prefix(got, list(parameters)), _prefix(list(parameters), got)
    if longer:
        needs = f"{{k.removeprefix({longer!r}): v for k, v in state.items()}} would fit"
        return f"got names that begin with {longer!r}, needs them without; {needs}"
    if shorter:
        needs = f"{{{shorter!r} + k: v for k, v in state.items()}} would fit"
        return f"got names without {shorter!r}, needs it before each; {needs}"
    return ""


def _prefix(long: list[str], short: list[str]) -> str:
    """The prefix that turns the `short` names into the `long` ones; empty where there is none."""
    for last in short:
        prefix = long[0].removesuffix(last) if long else ""
        if prefix.endswith(".") and {prefix + key for key in short} == set(long):
            return prefix
    return ""


def _inner(state: Mapping[str, Any], parameters: Mapping[str, Array]) -> str:
    """The way out for a checkpoint, a dict that holds the state dict beside other things."""
    for key, value in state.items():
        if isinstance(value, Mapping) and value.keys() >= parameters.keys() > set():
            return f"got a dict that holds the state dict as {key!r}; state[{key!r}] would fit"
    return ""
