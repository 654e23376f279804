"""Errors that say in which layer of a model they happened: `in 3.body.0 (Conv2d): ...`."""

from typing import Any

import numpy as np

from fastconv.types import Array, Shape

PLACE = "fastconv_place"
"""The attribute of an error that was located: the layer's name and kind, and the message without them."""


def locate(error: Exception, name: str, layer: Any, *inputs: Array) -> None:
    """Puts a layer's name in front of an error's message, or in front of the name that it has inside.

    `inputs` are what the layer was given: a misfit of shapes is told by its `output_shape`.
    """
    inner = vars(error).get(PLACE)
    if inner is not None:
        inside, kind, message = inner
        name = f"{name}.{inside}"
    else:
        kind = type(layer).__name__
        message = _misfit(layer, inputs) if isinstance(error, ValueError) else None
        message = (message or str(error)).removeprefix(f"{kind}: ")
    error.args = (f"in {name} ({kind}): {message}",)
    vars(error)[PLACE] = name, kind, message


def shape_at(name: str, layer: Any, *input_shapes: Shape) -> Shape:
    """What a layer's `output_shape` says; its ValueError has the layer's name in front, if it has one."""
    try:
        shape: Shape = layer.output_shape(*input_shapes)
    except ValueError as error:
        if name:
            locate(error, name, layer)
        raise
    return shape


def _misfit(layer: Any, inputs: tuple[Array, ...]) -> str | None:
    """What the layer's `output_shape` says against these inputs; not what a layer inside it says."""
    if not inputs or not all(isinstance(x, np.ndarray) for x in inputs):
        return None
    try:
        layer.output_shape(*(x.shape[1:] for x in inputs))
    except ValueError as misfit:
        return None if PLACE in vars(misfit) else str(misfit)
    return None
