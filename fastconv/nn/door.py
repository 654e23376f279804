"""What `predict` and `Trainer` see of their input before any layer runs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from fastconv.nn.contract import ours
from fastconv.types import Array, Shape
from fastconv.validate import wrong_type, wrong_value

if TYPE_CHECKING:
    from fastconv.nn.base import Layer


def check_input(model: "Layer", x: Any, function: str = "predict") -> None:
    """TypeError, ValueError where x is no batch (N, ...) for this model, with the way out.

    `function` is what the error calls the call. The first layer that takes images alone settles what a
    sample is: what does not fit behind it is told where it runs. What a layer of one's own takes is its own
    matter: one that states no shape ends the look.
    """
    _check_kind(function, model, x)
    try:
        _walk(model, x.shape[1:])
    except ValueError:
        for way, shape in _batches(x):
            if _fits(model, shape):
                needs = f"a batch (N, ...); {way} would fit"
                raise wrong_value(function, "x", f"shape {x.shape}", needs) from None
        raise


def check_dtype(function: str, x: Array, dtype: np.dtype[Any]) -> None:
    """TypeError where x has not the model's dtype; it says how to convert."""
    got = x.dtype.newbyteorder("=")
    if got == dtype:
        return
    scale = " / 255" if got == np.uint8 else ""
    hint = f"; x.astype(np.{dtype}){scale} would fit" if got.kind in "biuf" else ""
    raise wrong_type(function, "x", got, f"{dtype} as the model's parameters{hint}")


def put_place(error: Exception, place: str, layer: "Layer", between: str = "") -> None:
    """Puts a layer's place in front of an error's message: `3 (Linear): ...`."""
    name = type(layer).__name__
    error.args = (f"{place}{between or f' ({name}): '}{str(error).removeprefix(f'{name}: ')}",)


def _check_kind(function: str, model: "Layer", x: Any) -> None:
    """Whether x is an array with a batch axis in the dtype of the model's parameters."""
    leaves = [layer for _, layer in model.leaves()]
    dtype = next((array.dtype for layer in leaves for array in layer.parameters().values()), None)
    if not isinstance(x, np.ndarray):
        numbers = isinstance(x, list | tuple) or hasattr(x, "__array__")
        way = f"; np.asarray(x, np.{dtype}) would fit" if dtype and numbers else ""
        raise wrong_type(function, "x", type(x).__name__, f"an array with a batch axis{way}")
    if x.ndim == 0:
        raise wrong_type(function, "x", "an array of shape ()", "an array with a batch axis")
    if dtype and ours(type(leaves[0])):
        check_dtype(function, x, dtype)


def _walk(model: "Layer", shape: Shape, settled: bool = True) -> None:
    """Follows the shape of one sample, maybe just to the layer that settles it; ValueError for a misfit."""
    for place, layer in model.leaves():
        if not layer.states_its_shape:
            return
        try:
            shape = layer.output_shape(shape)
        except ValueError as error:
            if place:
                put_place(error, place, layer)
            raise
        if settled and layer.takes_images:
            return


def _fits(model: "Layer", shape: Shape) -> bool:
    """Whether a sample of this shape goes through all layers that state their shapes."""
    try:
        _walk(model, shape, settled=False)
    except ValueError:
        return False
    return True


def _batches(x: Array) -> list[tuple[str, Shape]]:
    """The usual ways from an array to a batch, each with the shape that one sample has then."""
    ways = [("x[None]", x.shape), ("x[:, None]", (1, *x.shape[1:])), ("x[None, None]", (1, *x.shape))]
    if x.ndim == 3:
        ways.append(("x.transpose(2, 0, 1)[None]", (x.shape[2], *x.shape[:2])))
    return ways
