"""Checks of optimizers' states, before anything of them is taken over."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.optim import arguments
from fastconv.types import Array


def of_one_group(state: Mapping[str, Any], names: Iterable[str], params: list[str]) -> dict[str, Any]:
    """A state in the form that files of version 0.1.0 hold, in today's.

    It had one group, its settings (`names`) beside the buffers, and one number of steps for all `params`.
    """
    names = set(names)
    settings = {name: value for name, value in state.items() if name in names}
    rest = {name: value for name, value in state.items() if name not in names}
    if "steps" in rest:
        rest["steps"] = dict.fromkeys(params, rest["steps"])
    return {"param_groups": [{"params": params, **settings}], **rest} if settings else rest


def settings(
    function: str, groups: object, names: Sequence[list[str]], known: Iterable[str]
) -> list[dict[str, Any]]:
    """The settings of each group, whose parameters have to be those of `names`."""
    if not isinstance(groups, list) or not all(isinstance(group, Mapping) for group in groups):
        raise validate.wrong_type(function, "param_groups", type(groups).__name__, "a list of dicts")
    if len(groups) != len(names):
        raise validate.wrong_value(function, "param_groups", f"{len(groups)} groups", f"{len(names)}")
    for index, (group, params) in enumerate(zip(groups, names, strict=True)):
        place, needed = f"param_groups[{index}]", {"params", *known}
        if set(group) - {"initial_lr"} != needed:
            raise validate.wrong_value(function, place, sorted(group), f"{sorted(needed)}")
        if not isinstance(group["params"], list) or set(group["params"]) != set(params):
            raise validate.wrong_value(function, place, f"params {group['params']}", f"{params}")
    return [{name: value for name, value in group.items() if name != "params"} for group in groups]


def steps(function: str, counts: object, parameters: Iterable[str]) -> dict[str, int]:
    """The number of steps of each parameter."""
    if not isinstance(counts, Mapping) or set(counts) != set(parameters):
        got = sorted(counts) if isinstance(counts, Mapping) else type(counts).__name__
        raise validate.wrong_value(function, "steps", got, f"a number for each of {sorted(parameters)}")
    return {name: arguments.count(function, "steps", counts[name]) for name in parameters}


def arrays(
    function: str, buffer: str, held: object, parameters: Mapping[str, Array], needed: Iterable[str]
) -> dict[str, Array]:
    """Copies of a buffer's arrays, in the types of the parameters; `needed` may not be missing."""
    if not isinstance(held, Mapping):
        raise validate.wrong_type(function, buffer, type(held).__name__, "a dict of name and array")
    shapes = {name: np.shape(array) for name, array in held.items()}
    wanted = {name: p.shape for name, p in parameters.items() if name in shapes or name in set(needed)}
    if shapes != wanted:
        raise validate.wrong_value(function, buffer, f"shapes {shapes}", f"{wanted}")
    return {name: np.array(held[name], p.dtype) for name, p in parameters.items() if name in shapes}
