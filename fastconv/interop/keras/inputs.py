"""What a `.keras` file states of its input."""

from pathlib import Path
from typing import Any

from fastconv.interop.keras.archive import members
from fastconv.interop.keras.entries import Entry, entry, everything
from fastconv.interop.keras.values import Value, channels_first, shape_of
from fastconv.nn.base import INPUT
from fastconv.types import Shape


def input_shape(path: str | Path) -> Shape | None:
    """The shape of a sample of what `load` makes, (C, H, W); None where the file leaves a size open.

    Errors as for `load`.
    """
    config, _ = members(path)
    try:
        sizes = given(list(everything(model_entry(config)))).sizes
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise ValueError(f"{path}: holds no model that fits: {error}") from None
    shape = tuple(size for size in sizes if size is not None)
    return shape if len(shape) == len(sizes) else None


def model_entry(config: dict[str, Any]) -> Entry:
    """What a file says of its model; ValueError where it is another object."""
    model = entry(config)
    if not model.is_model:
        raise ValueError(f"got a {model.kind[:40]} of {model.module[:60]}, needs a Sequential or Functional")
    return model


def given(layers: list[Entry]) -> Value:
    """What the model is given, with the axes that it has here."""
    inputs = (layer for layer in layers if layer.kind == "InputLayer")
    shape = shape_of(next(inputs, layers[0]).values.get("batch_shape"))
    if len(shape) > 3:
        raise ValueError(f"got inputs of {len(shape)} axes, needs at most 3: an image")
    return Value(INPUT, shape, axes_of(layers, len(shape)))


def axes_of(layers: list[Entry], rank: int) -> tuple[int, ...]:
    """Keras's axes of an image or a signal in our order, as the first layer says that takes such.

    Samples of two axes are signals where a layer takes signals, else they stay as they are; those of three
    are images.
    """
    ending = {2: "1D", 3: "2D"}.get(rank, "-")
    formats = (layer.values.get("data_format", "channels_last") for layer in layers if ending in layer.kind)
    found = next(formats, "channels_last" if rank == 3 else None)
    return channels_first(rank) if found == "channels_last" else tuple(range(rank))
