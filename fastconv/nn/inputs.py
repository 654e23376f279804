"""A model's input as people have it: converted where that is plain, checked before any layer runs."""

import logging
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol
from weakref import WeakSet

import numpy as np

from fastconv import exchange
from fastconv.nn.contract import built_in
from fastconv.nn.places import shape_at
from fastconv.types import Array, Shape
from fastconv.validate import wrong_type, wrong_value

Convert = Callable[[Array], Array]
"""What is done with each batch before the model sees it."""

NUMBERS = "biuf"
"""The kinds of dtypes whose values are numbers: bool, integers, floats."""
IMAGE_AXES = 3
"""An array of bytes with at least so many axes holds images: (N, C, H, W), or (N, H, W) for dense layers."""

_logger = logging.getLogger("fastconv")
_told: WeakSet[Any] = WeakSet()


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


def as_input(model: Model, x: Any, function: str = "predict") -> tuple[Array, Convert | None]:
    """x as an array that fits this model, and what each batch of it goes through before; None is nothing.

    TypeError, ValueError for what `as_array` does not convert and for what `check_input` refuses.
    """
    dtype = _dtype(model)
    x = as_array(function, "x", x, dtype)
    check_input(model, x, function)
    return x, scaling(model, x, dtype)


def as_array(function: str, name: str, value: Any, dtype: np.dtype[Any] | None) -> Array:
    """Lists, nested ones and those of arrays, as an array; another library's as NumPy's; an array itself.

    Numbers in lists become `dtype`, but for images of uint8, which keep theirs. TypeError for what is no
    array of samples, ValueError for lists of different lengths.
    """
    listed = isinstance(value, list | tuple)
    value = joined(function, name, value) if listed else exchange.taken(function, name, value)
    if not isinstance(value, np.ndarray):
        way = f"; np.asarray({name}, np.{dtype}) would fit" if dtype and hasattr(value, "__array__") else ""
        raise wrong_type(function, name, type(value).__name__, f"an array with a batch axis{way}")
    if value.ndim == 0:
        raise wrong_type(function, name, "an array of shape ()", "an array with a batch axis")
    if listed and value.dtype.kind in NUMBERS and not _holds_bytes(value):
        return value.astype(dtype or np.float32, copy=False)
    return value


def joined(function: str, name: str, values: list[Any] | tuple[Any, ...]) -> Array:
    """The samples in a list as one array; ValueError where they differ in shape."""
    try:
        return np.asarray(exchange.all_taken(function, name, values))
    except ValueError:
        got = f"a {type(values).__name__} whose items differ in shape"
        raise wrong_value(function, name, got, "items of one shape") from None


def scaling(model: Model, x: Array, dtype: np.dtype[Any] | None) -> Convert | None:
    """What makes images of uint8 numbers from 0 to 1 in the model's dtype; None for all other arrays.

    The logger "fastconv" says so, once for a model, at the level that Python shows where nothing is set up.
    A first layer that is not fastconv's own may want the bytes.
    """
    first = next(model.leaves(), None)
    if dtype is None or not _holds_bytes(x) or first is None or not built_in(type(first[1])):
        return None
    if model not in _told:
        _told.add(model)
        _logger.warning("images of uint8 are divided by 255 in fit, evaluate, step and predict of this model")
    return lambda batch: scaled(batch, dtype)


def scaled(images: Array, dtype: np.dtype[Any]) -> Array:
    """Images of uint8 as numbers from 0 to 1: x / 255."""
    return np.divide(images, dtype.type(255), dtype=dtype)


def check_input(model: Model, x: Array, function: str = "predict") -> None:
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


def _dtype(model: Model) -> np.dtype[Any] | None:
    """That of the model's parameters; None where it has none."""
    arrays = (array for _, layer in model.leaves() for array in layer.parameters().values())
    return next((array.dtype for array in arrays), None)


def _holds_bytes(x: Array) -> bool:
    """Whether these are images of uint8."""
    return x.dtype == np.uint8 and x.ndim >= IMAGE_AXES


def _check_kind(function: str, model: Model, x: Array) -> None:
    """TypeError where x has not the dtype of the model's parameters, nor one that is converted to it."""
    dtype, first = _dtype(model), next(model.leaves(), None)
    if dtype and first and built_in(type(first[1])) and not _holds_bytes(x):
        check_dtype(function, x, dtype)


def _walk(model: Model, shape: Shape, settled: bool = True) -> None:
    """Follows the shape of one sample, if `settled` to the first layer of images; ValueError for a misfit."""
    for name, layer in model.leaves():
        if not layer.states_its_shape:
            return
        shape = shape_at(name, layer, shape)
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
