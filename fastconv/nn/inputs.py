"""Checks of a model's input, before any layer runs."""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np

from fastconv.nn.contract import built_in
from fastconv.nn.places import locate
from fastconv.types import Array, Shape
from fastconv.validate import wrong_type, wrong_value


class Model(Protocol):
    """What these checks use of a layer."""

    states_its_shape: ClassVar[bool]
    takes_images: ClassVar[bool]

    def leaves(self) -> "Iterator[tuple[str, Model]]":
        """The layers that this one runs one after the other, each with its name."""

    def parameters(self) -> dict[str, Array]:
        """The parameter arrays by name."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output; ValueError for an input that does not fit."""


def check_input(model: Model, x: Any, function: str = "predict") -> None:
    """TypeError, ValueError where x is no batch (N, ...) for this model; the message says what would fit.

    The error calls the call `function`. Shapes are followed to the first layer that takes images alone: it
    settles what a sample is, and a misfit behind it is told when that layer runs. A user's layer that does
    not state its output shape ends the look too.
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


def _check_kind(function: str, model: Model, x: Any) -> None:
    """Whether x is an array with a batch axis in the dtype of the model's parameters."""
    leaves = [layer for _, layer in model.leaves()]
    dtype = next((array.dtype for layer in leaves for array in layer.parameters().values()), None)
    if not isinstance(x, np.ndarray):
        numbers = isinstance(x, list | tuple) or hasattr(x, "__array__")
        way = f"; np.asarray(x, np.{dtype}) would fit" if dtype and numbers else ""
        raise wrong_type(function, "x", type(x).__name__, f"an array with a batch axis{way}")
    if x.ndim == 0:
        raise wrong_type(function, "x", "an array of shape ()", "an array with a batch axis")
    if dtype and built_in(type(leaves[0])):
        check_dtype(function, x, dtype)


def _walk(model: Model, shape: Shape, settled: bool = True) -> None:
    """Follows the shape of one sample, if `settled` to the first layer of images; ValueError for a misfit."""
    for name, layer in model.leaves():
        if not layer.states_its_shape:
            return
        try:
            shape = layer.output_shape(shape)
        except ValueError as error:
            if name:
                locate(error, name, layer)
            raise
        if settled and layer.takes_images:
            return


def _fits(model: Model, shape: Shape) -> bool:
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
