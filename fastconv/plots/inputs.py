"""What the pictures take: a model, images for it, a layer in it."""

from collections.abc import Iterable
from typing import Any

from fastconv import nn, validate
from fastconv.nn.inputs import as_array, as_input
from fastconv.types import Array


def images_for(function: str, model: nn.Layer, x: Any) -> Array:
    """x as a batch (N, C, H, W) for this model, one image (C, H, W) as a batch of one.

    Images of uint8 are divided by 255, as in `predict`. TypeError, ValueError for anything else.
    """
    validate.instance(function, "model", model, nn.Layer)
    array = next(iter(model.parameters().values()), None)
    x = as_array(function, "x", x, None if array is None else array.dtype)
    if x.ndim not in (3, 4) or not x.size:
        got = f"shape {x.shape}"
        raise validate.wrong_value(function, "x", got, "an image (C, H, W) or a batch of them (N, C, H, W)")
    x, convert = as_input(model, x if x.ndim == 4 else x[None], function)
    return convert(x) if convert else x


def layer_name(function: str, model: nn.Layer, layer: Any, fitting: Iterable[str]) -> str:
    """The name in the model of the layer that is meant by its name, its number or itself.

    ValueError, with the names that are `fitting`, where it is not there.
    """
    if isinstance(layer, nn.Layer):
        found = next((name for name, inner in model.named_modules() if inner is layer), None)
        got: object = f"a {type(layer).__name__} that is not in the model"
    else:
        if isinstance(layer, bool) or not isinstance(layer, str | int):
            raise validate.wrong_type(function, "layer", type(layer).__name__, "a layer or its name")
        names = [name for name, _ in model.named_modules(remove_duplicate=False)]
        found, got = (str(layer) if str(layer) in names else None), repr(layer)
    if found is None:
        raise validate.wrong_value(function, "layer", got, f"one of {names_of(fitting)}")
    return found


def names_of(names: Iterable[str]) -> str:
    """Names of layers for an error's message, at most so many as one reads."""
    names = [name or "''" for name in names]
    more = len(names) - 12
    return ", ".join(names[:12]) + (f" and {more} more" if more > 0 else "")
