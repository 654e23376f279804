"""The network that an estimator's `model` argument stands for."""

import copy
from typing import Any

import numpy as np

from fastconv import models, nn, validate
from fastconv.types import Array, Shape

AUTO = "auto"
SMALLEST, LARGEST = 4, 32
"""The sides of images for which "auto" is the network of the digits."""


def network(owner: str, model: Any, x: Array, outputs: int, seed: int, weight: Array) -> nn.Layer:
    """The network of samples x (N, C, H, W) or (N, F) with so many outputs.

    A name, one of `models.names()` or "auto", becomes that model behind a layer that standardises x, whose
    samples count with their `weight` (N,). A layer is copied, with its numbers. A function is called with
    (input_shape, outputs, seed). TypeError, ValueError for what does not give such a network.
    """
    shape = x.shape[1:]
    if isinstance(model, str):
        name = automatic(shape) if model == AUTO else model
        try:
            built = models.build(name, shape, outputs, seed, x.dtype)
        except ValueError as error:
            hint = "; image_shape=(H, W) would make images of rows" if len(shape) == 1 else ""
            got = f"{model!r} for samples of shape {shape}"
            raise ValueError(f"{owner}: model: got {got}: {error}{hint}") from None
        return nn.Sequential(standardising(x, weight), *built)
    if isinstance(model, type) or not callable(model):
        got = f"the class {model.__name__}" if isinstance(model, type) else repr(model)
        needs = "a name of fastconv.models, 'auto', a layer, or a function of (input_shape, outputs, seed)"
        raise validate.wrong_type(owner, "model", got, needs)
    made = copy.deepcopy(model) if isinstance(model, nn.Layer) else model(shape, outputs, seed)
    validate.instance(owner, "model", made, nn.Layer)
    _check(owner, made, x, outputs)
    layer: nn.Layer = made
    return layer


def dtype_of(model: nn.Layer) -> np.dtype[Any]:
    """The dtype of a network's parameters."""
    return next(iter(model.parameters().values())).dtype


def automatic(shape: Shape) -> str:
    """The name of the model that "auto" is for samples of this shape."""
    if len(shape) == 1 or min(shape[1:]) < SMALLEST:
        return "derivation_mlp"
    return "digits" if max(shape[1:]) <= LARGEST else "resnet8"


def standardising(x: Array, weight: Array) -> nn.Layer:
    """A frozen batch norm that gives x (N, F) or (N, C, H, W) a mean of 0 and a variance of 1.

    They are those of each feature or channel, where samples count with their `weight` (N,). One that is
    constant stays at 0.
    """
    inner = tuple(range(2, x.ndim))
    mean = np.average(x.mean(axis=inner, dtype=np.float64), axis=0, weights=weight)
    centred = x - mean.astype(x.dtype).reshape(1, -1, *(1 for _ in inner))
    variance = np.average(np.square(centred).mean(axis=inner, dtype=np.float64), axis=0, weights=weight)
    rounding = 10 * np.finfo(x.dtype).eps * np.abs(mean)
    variance[variance <= rounding**2] = 1.0  # of a constant, rounding alone is left
    kind = nn.BatchNorm2d if inner else nn.BatchNorm1d
    layer = kind(len(mean), eps=0.0, dtype=x.dtype)
    layer.load_state_dict({**layer.state_dict(), "running_mean": mean, "running_var": variance})
    layer.freeze()
    return layer


def scaling(mean: Array, deviation: Array, dtype: np.dtype[Any]) -> nn.Layer:
    """A frozen dense layer that makes standardised outputs (N, T) numbers of this mean and deviation (T,)."""
    layer = nn.Linear(len(mean), len(mean), dtype=dtype)
    layer.load_state_dict({"weight": np.diag(deviation), "bias": mean})
    layer.freeze()
    return layer


def _check(owner: str, model: nn.Layer, x: Array, outputs: int) -> None:
    """ValueError for a user's network that has nothing to train, or other outputs."""
    if not model.parameters():
        raise validate.wrong_value(owner, "model", "a network without parameters", "one that can be trained")
    shape = np.shape(model(x[:1].astype(dtype_of(model), copy=False)))
    if shape != (1, outputs):
        got = f"outputs of shape {shape} for one sample"
        raise validate.wrong_value(owner, "model", got, f"{(1, outputs)}: one for each class or target")
