"""`explain`: one pass through a model and its loss, written down as a person derives it."""

import copy
from typing import Any

import numpy as np

from fastconv import exchange, nn, validate
from fastconv.explanation.narration import Backward, forward_steps, update_steps
from fastconv.explanation.result import Explanation
from fastconv.explanation.walk import Walk
from fastconv.types import Array

ELEMENT_LOSSES = nn.BCELoss, nn.BCEWithLogitsLoss, nn.HuberLoss, nn.L1Loss, nn.MSELoss, nn.SmoothL1Loss
"""The losses with a target for each element of the output."""


def explain(model: nn.Layer, loss: nn.Loss, x: Any, y: Any, lr: float = 0.1) -> Explanation:
    """Every intermediate value and every gradient of the chain rule for (x, y), with formulas and checks.

    x: one example in the model's input shape, or a batch of them. y: its target as `loss` takes it; where
    each element of the output has one, any numbers will do, as many as the output has. lr: the eta of the
    update that the last steps show. The model itself is not changed. Dropout is off, as in prediction; batch
    and instance norm take the mean and the variance of this batch, as in training.

    The values and gradients are those of the layers' own forward and backward; containers stand for the
    layers inside them. The gradient of a value that several layers read is the sum of what comes back on each
    way, and so is that of a parameter that is used several times. Each gradient carries the largest relative
    difference from central differences of the loss, taken in float64 on the reference backend; of gradients
    with more than 64 entries a sample of 16 is checked, in large models of 4. Only gradients that lead to a
    parameter are derived.

    Returns an `Explanation`: print it, leave it as a notebook cell's value, or iterate over its steps.
    TypeError and ValueError for what does not fit are those of the layers and of the loss; ValueError for an
    empty batch.
    """
    validate.instance("explain", "model", model, nn.Layer)
    validate.instance("explain", "loss", loss, nn.Loss)
    if not model.nodes():
        raise validate.wrong_value("explain", "model", "no layers", "one at least")
    x, y = _as_batch(model, x, y)
    y = _as_target(loss, y, model(x))
    if model.frozen() or model.buffers():
        model = copy.deepcopy(model)
        model.unfreeze()  # what training leaves out is derived all the same
    walk = Walk(model, loss, x, y)
    steps = [*forward_steps(walk), *Backward(model, walk).steps(), *update_steps(model, walk, lr)]
    chain = all(place.sources == (number,) for number, place in enumerate(walk.places))
    layers = [*(place.layer for place in walk.places), loss]
    names = (" -> " if chain else ", ").join(type(layer).__name__ for layer in layers)
    return Explanation(f"{names}, {walk.values[-1].dtype}", tuple(steps))


def _as_batch(model: nn.Layer, x: Any, y: Any) -> tuple[Array, Array]:
    """x and y as arrays with a batch axis; plain numbers in the model's dtype."""
    parameters = model.parameters()
    dtype = next(iter(parameters.values())).dtype if parameters else np.dtype(np.float64)
    x, y = exchange.all_taken("explain", "x, y", (x, y))
    x, y = x if isinstance(x, np.ndarray) else np.asarray(x, dtype), np.asarray(y)
    if not x.size:
        raise ValueError(f"explain: x: got shape {x.shape}, needs at least one example")
    if x.ndim and not _fits(model, x.shape[1:]) and _fits(model, x.shape):
        return x[None], y[None]
    return x, y


def _fits(model: nn.Layer, shape: tuple[int, ...]) -> bool:
    try:
        model.output_shape(shape)
    except ValueError:
        return False
    return True


def _as_target(loss: nn.Loss, y: Array, output: Array) -> Array:
    """The target in the form that the loss takes: integers for classes, else numbers like the output."""
    if not y.ndim and len(output) == 1:
        y = y[None]
    if isinstance(loss, nn.CrossEntropyLoss | nn.NLLLoss) and np.issubdtype(y.dtype, np.integer):
        return y
    if isinstance(loss, ELEMENT_LOSSES) and y.size == output.size:
        y = y.reshape(output.shape)
    return y.astype(output.dtype)
