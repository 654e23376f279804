"""Checks of a user's layers and losses: the form of forward and backward."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.validate import wrong_type, wrong_value


def built_in(definition: type | Callable[..., Any]) -> bool:
    """Whether a class or a function is one of fastconv's, not a user's."""
    return definition.__module__.startswith("fastconv.")


def states_its_shape(kind: type) -> bool:
    """Whether `output_shape` belongs to the `forward` of this class of layer.

    A user's class that overrides `forward` alone may have inherited the `output_shape` of another forward.
    """
    owner = next(base for base in kind.__mro__ if not {"forward", "output_shape"}.isdisjoint(vars(base)))
    return "output_shape" in vars(owner) or built_in(owner)


def checked_layer(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a layer's forward: TypeError where its results do not have the form that `Layer` asks for."""

    @functools.wraps(forward)
    def run(layer: Any, *arguments: Any, **options: Any) -> Any:
        name = type(layer).__name__
        y, backward = _with_closure(name, forward(layer, *arguments, **options), "y")
        if not isinstance(y, np.ndarray | np.generic):
            raise wrong_type(name, "forward", f"{_kind(y)} as y", "an array")

        def back(dy: Any, input_gradient: bool = True) -> Any:
            result = backward(dy, input_gradient=input_gradient)
            if not (isinstance(result, tuple) and len(result) == 2):
                raise wrong_type(name, "backward", _kind(result), "to return (dx, gradients)")
            dx, gradients = result
            if input_gradient and not isinstance(dx, np.ndarray | np.generic):
                raise wrong_type(name, "backward", f"{_kind(dx)} as dx", "an array")
            if not isinstance(gradients, dict):
                raise wrong_type(name, "backward", f"{_kind(gradients)} as gradients", "a dict, {} for none")
            trained = {key: None if key in layer._frozen else g for key, g in gradients.items()}
            return (dx if input_gradient else None), layer._added_up(trained)

        return y, back

    return run


def checked_loss(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps the forward of the loss class `name`: TypeError where it differs in form from `Loss.forward`."""
    try:
        inspect.signature(forward).bind("self", "output", "target", "sample_weight")
    except TypeError:
        got = f"the arguments {inspect.signature(forward)}"
        needs = "(self, output, target, sample_weight=None)"
        raise wrong_type(name, "forward", got, needs) from None

    @functools.wraps(forward)
    def run(loss: Any, output: Any, *arguments: Any, **options: Any) -> Any:
        value, backward = _with_closure(name, forward(loss, output, *arguments, **options), "loss")
        numeric = isinstance(value, int | float | np.number | np.ndarray)
        if not numeric or np.ndim(value) or np.iscomplexobj(value):
            raise wrong_type(name, "forward", f"{_kind(value)} as loss", "a number")

        def back() -> Any:
            gradient = backward()
            if not isinstance(gradient, np.ndarray):
                raise wrong_type(name, "backward", _kind(gradient), "to return an array")
            if gradient.shape != output.shape:
                got = f"an array of shape {gradient.shape}"
                raise wrong_value(name, "backward", got, f"{output.shape} to match the output")
            return gradient

        return float(value), back

    return run


def _with_closure(name: str, result: Any, first: str) -> Any:
    """What a forward returned, `first` and the closure `backward`; TypeError for anything else."""
    if not (isinstance(result, tuple) and len(result) == 2 and callable(result[1])):
        raise wrong_type(name, "forward", _kind(result), f"to return ({first}, backward)")
    return result


def _kind(value: object) -> str:
    """The kind of a result, for an error message."""
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}: ({', '.join(type(inner).__name__ for inner in value)})"
    return "one array" if isinstance(value, np.ndarray) else type(value).__name__
