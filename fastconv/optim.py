"""Optimizers with PyTorch's update rules: SGD, Adam, AdamW.

An optimizer is made from a model's live parameters, `optim.SGD(model.parameters(), lr=0.1)`, and updates them
in place. Given a part of them, it trains that part. The arithmetic is one kernel call for all parameters
together.
"""

import copy
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from fastconv import backends, validate
from fastconv.attributes import Checks, Settings
from fastconv.types import Array

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def _size(kind: str, name: str, value: float) -> float:
    """A finite number of at least 0."""
    size = validate.number(kind, name, value, 0, math.inf)
    if size == math.inf:
        raise validate.wrong_value(kind, name, value, "a finite number of at least 0")
    return size


def _number(kind: str, name: str, value: float) -> float:
    """Any number but NaN."""
    return validate.number(kind, name, value, -math.inf, math.inf)


def _count(kind: str, name: str, value: int) -> int:
    """A whole number of at least 0."""
    return validate.integer(kind, name, value, 0)


def _decays(kind: str, name: str, value: tuple[float, float]) -> tuple[float, float]:
    """Two numbers of at least 0 that are less than 1."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise validate.wrong_type(kind, name, repr(value), "a pair of numbers, as in (0.9, 0.999)")
    first, second = (_number(kind, f"{name}[{index}]", beta) for index, beta in enumerate(value))
    for index, beta in enumerate((first, second)):
        if not 0 <= beta < 1:
            raise validate.wrong_value(kind, f"{name}[{index}]", beta, "0 <= beta < 1")
    return first, second


class Optimizer(Settings):
    """Parameters, and a state that grows with each step.

    A rule defines `_update(gradients, first)`, names in `hyperparameters` its settings, and in `buffers` the
    arrays that it keeps beside each parameter. The settings are attributes: `optimizer.lr = 1e-4` holds from
    the next step on. A rule names in `checks` what checks them, in the constructor and there.
    """

    fixed = ("parameters",)
    checks: ClassVar[Checks] = {"lr": _size, "weight_decay": _size, "steps": _count}
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
        vars(self)["steps"] += 1  # nothing to check, which takes as long as a small update

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
        # Settings that depend on each other are seen together, as in a constructor, before any is taken over.
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


class SGD(Optimizer):
    """v <- momentum · v + (1 - dampening) · g;  p <- p - lr · v,  with g the gradient + weight_decay · p.

    The first step sets v to g; with `nesterov` p <- p - lr · (g + momentum · v). Equations:
    `torch.optim.SGD`.
    """

    buffers = ("velocities",)
    hyperparameters = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "momentum": _size,
        "dampening": _number,
        "nesterov": validate.flag,
    }

    def __init__(
        self,
        params: Mapping[str, Array],
        lr: float,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov

    def _checked(self, name: str, value: Any) -> Any:
        value = super()._checked(name, value)
        if name not in ("momentum", "dampening", "nesterov"):
            return value
        then = {**vars(self), name: value}
        if then.get("nesterov") and not (then["momentum"] > 0 and then["dampening"] == 0):
            got = f"momentum={then['momentum']}, dampening={then['dampening']}"
            needs = "a momentum and zero dampening"
            raise validate.wrong_value(type(self).__name__, "nesterov", got, needs)
        return value

    def _needed(self) -> tuple[str, ...]:
        return self.buffers if self.momentum != 0 else ()

    def _update(self, gradients: list[Array], first: bool) -> None:
        backends.active().sgd(
            self._arrays,
            gradients,
            self._state.get("velocities", []),
            self.lr,
            self.momentum,
            self.dampening,
            self.weight_decay,
            self.nesterov,
            first,
        )


class Adam(Optimizer):
    """m <- β1 m + (1 - β1) g;  s <- β2 s + (1 - β2) g²;  p <- p - lr · m̂ / (√ŝ + eps).

    g is the gradient + weight_decay · p, m̂ = m / (1 - β1^t) and ŝ = s / (1 - β2^t) in step t. Kingma and Ba,
    "Adam: a method for stochastic optimization", 2015; the order of operations is that of `torch.optim.Adam`.
    """

    buffers = ("means", "squares")
    hyperparameters = ("lr", "betas", "eps", "weight_decay")
    checks: ClassVar[Checks] = {**Optimizer.checks, "betas": _decays, "eps": _size}
    decoupled = False

    def __init__(
        self,
        params: Mapping[str, Array],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.betas = betas
        self.eps = eps

    def _update(self, gradients: list[Array], first: bool) -> None:
        backends.active().adam(
            self._arrays,
            gradients,
            self._state["means"],
            self._state["squares"],
            self.steps + 1,
            self.lr,
            *self.betas,
            self.eps,
            self.weight_decay,
            decoupled=self.decoupled,
        )


class AdamW(Adam):
    """Adam with the decay apart from the gradient: p <- p - lr · weight_decay · p before each update.

    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019; `torch.optim.AdamW`.
    """

    decoupled = True

    def __init__(
        self,
        params: Mapping[str, Array],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)


def clip(gradients: Mapping[str, Array], norm: float) -> dict[str, Array]:
    """Gradients scaled down together so that their common 2-norm is at most `norm`; smaller ones as they are.

    Their norm runs over all elements of all arrays, as in `torch.nn.utils.clip_grad_norm_`.
    """
    norm = validate.number("clip", "norm", norm, 0, math.inf)
    total = math.sqrt(sum(float(np.sum(np.square(g, dtype=np.float64))) for g in gradients.values()))
    scale = norm / (total + 1e-6)
    return dict(gradients) if scale >= 1 else {name: g * scale for name, g in gradients.items()}


def _kind(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    kind = "an array" if value.flags.writeable else "a read-only array"
    return f"{kind} of {value.dtype}"
