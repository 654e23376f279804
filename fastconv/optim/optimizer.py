"""What every optimizer has: parameters that it updates in place, settings, and a state."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from fastconv.attributes import Checks, Settings
from fastconv.optim import arguments
from fastconv.types import Array

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class Optimizer(Settings):
    """Parameters, and a state that grows with each step.

    A rule defines `_update(gradients, first)`, names in `hyperparameters` its settings, and in `buffers` the
    arrays that it keeps beside each parameter. The settings are attributes: `optimizer.lr = 1e-4` holds from
    the next step on. A rule names in `checks` what checks them, in the constructor and there.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them.
    - `lr`: the learning rate, a finite number of at least 0.
    - `weight_decay`: how much of each parameter is added to its gradient, at least 0.
    """

    fixed = ("parameters",)
    checks: ClassVar[Checks] = {
        "lr": arguments.size,
        "weight_decay": arguments.size,
        "steps": arguments.count,
    }
    buffers: tuple[str, ...] = ()
    hyperparameters: tuple[str, ...] = ("lr", "weight_decay")

    def __init__(self, params: Mapping[str, Array], lr: float, weight_decay: float) -> None:
        name = type(self).__name__
        if not isinstance(params, Mapping):
            got = type(params).__name__
            raise TypeError(f"{name}: params: got {got}, needs a dict; model.parameters() would fit")
        if not params:
            raise ValueError(f"{name}: params: got an empty dict, needs at least one parameter")
        names: dict[int, str] = {}
        for key, p in params.items():
            if not (isinstance(p, np.ndarray) and p.dtype in FLOATS and p.flags.behaved):
                needs = "a writeable, aligned float array: model.parameters() would fit"
                raise TypeError(f"{name}: params: got {_kind(p)} for {key}, needs {needs}")
            if p.size and (other := names.setdefault(p.ctypes.data, key)) != key:
                raise ValueError(f"{name}: params: got one array as {other} and {key}, needs each once")
        self.parameters = dict(params)
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0
        self._arrays = list(self.parameters.values())
        self._state: dict[str, list[Array]] = {}

    def step(self, grads: Mapping[str, Array]) -> None:
        """One update of the parameters in place, from gradients of their names, shapes and dtypes.

        Gradients of other names are left alone; one that is missing or does not fit is a ValueError.
        """
        if not isinstance(grads, Mapping):
            got = type(grads).__name__
            raise TypeError(f"{type(self).__name__}: gradients: got {got}, needs a dict of name and array")
        gradients = [grads[name] if name in grads else self._missing(name) for name in self.parameters]
        for name, p, g in zip(self.parameters, self._arrays, gradients, strict=True):
            if not isinstance(g, np.ndarray) or g.shape != p.shape or g.dtype != p.dtype:
                got = f"{g.dtype} of shape {g.shape}" if isinstance(g, np.ndarray) else type(g).__name__
                needs = f"{p.dtype} of shape {p.shape}"
                raise ValueError(f"{type(self).__name__}: gradient of {name}: got {got}, needs {needs}")
        needed = self._needed()
        first = bool(needed) and not self._state
        if first:
            self._state = {buffer: [np.zeros_like(p) for p in self._arrays] for buffer in needed}
        self._update(gradients, first)
        vars(self)["steps"] += 1  # a checked assignment takes as long as a small update

    def _needed(self) -> tuple[str, ...]:
        """The buffers that the settings ask for."""
        return self.buffers

    def _update(self, gradients: list[Array], first: bool) -> None:
        """The rule: changes parameters and buffers in place; `first` while the buffers are still zero."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that a later run needs: the settings, the number of steps, the buffers."""
        state: dict[str, Any] = {name: getattr(self, name) for name in self.hyperparameters}
        state["steps"] = self.steps
        for buffer, arrays in self._state.items():
            state[buffer] = {name: a.copy() for name, a in zip(self.parameters, arrays, strict=True)}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` gave; a ValueError for what does not fit, and nothing has changed."""
        name = type(self).__name__
        if not isinstance(state, Mapping):
            raise TypeError(f"{name}: state: got {type(state).__name__}, needs what state_dict gave")
        expected = {*self.hyperparameters, "steps"}
        buffers = [buffer for buffer in self.buffers if buffer in state]
        if set(state) - set(buffers) != expected or (buffers and set(buffers) != set(self.buffers)):
            raise ValueError(
                f"{name}: state: got {sorted(state)}, needs {sorted(expected | set(self.buffers))}"
            )
        for buffer in buffers:
            if not isinstance(state[buffer], Mapping):
                got = type(state[buffer]).__name__
                raise TypeError(f"{name}: state: {buffer}: got {got}, needs a dict of name and array")
            shapes = {key: np.shape(a) for key, a in state[buffer].items()}
            needed = {key: p.shape for key, p in self.parameters.items()}
            if shapes != needed:
                raise ValueError(f"{name}: state: {buffer}: got shapes {shapes}, needs {needed}")
        # All settings are checked together, on a copy, before any is taken over.
        new = copy.copy(self)
        for key in ("_complete", *expected):
            del vars(new)[key]
        new._set(**{key: state[key] for key in (*self.hyperparameters, "steps")})
        new._state = {
            buffer: [np.array(state[buffer][key], p.dtype) for key, p in self.parameters.items()]
            for buffer in buffers
        }
        vars(self).update(vars(new))

    def _missing(self, name: str) -> Array:
        raise ValueError(
            f"{type(self).__name__}: gradients: got none for {name}, needs one for each parameter"
        )

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.hyperparameters)
        return f"{type(self).__name__}({settings})"


def _kind(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    kind = "an array" if value.flags.writeable else "a read-only array"
    return f"{kind} of {value.dtype}"
