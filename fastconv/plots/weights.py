"""The filters of a convolution."""

from typing import Any

import numpy as np

from fastconv import nn, validate
from fastconv.plots.figure import inches, mosaic, new_figure, number_tiles
from fastconv.plots.inputs import layer_name, names_of
from fastconv.types import Array

COLUMNS = 8
"""Filters of one image side by side."""


def filters(model: nn.Layer, layer: nn.Layer | str | int | None = None, most: int = 32) -> Any:
    """The filters of a convolution in a model.

    Filters of three channels are shown in colours, where grey is 0 and the largest weight of all filters sets
    the scale. Of others each channel is an image of its own: blue is negative, red positive; a filter of
    several channels is a row.

    model: the model, or a convolution itself.
    layer: the convolution's name in the model (`"3.body.0"`), or itself; the first one if None.
    most: the largest number of filters, and of channels of each; the others are left out, and the title says
    so.
    Returns a `matplotlib.figure.Figure`. ValueError for a layer without filters; ImportError without
    matplotlib.
    """
    validate.instance("filters", "model", model, nn.Layer)
    most = validate.integer("filters", "most", most)
    every = model.named_modules(remove_duplicate=False)
    fitting = {name: inner for name, inner in every if has_filters(inner)}
    if not fitting:
        raise validate.wrong_value("filters", "model", f"a {type(model).__name__} without", "a convolution")
    name = next(iter(fitting)) if layer is None else layer_name("filters", model, layer, fitting)
    if name not in fitting:
        raise validate.wrong_value("filters", "layer", repr(name), f"one of {names_of(fitting)}")
    kind, weight = type(fitting[name]), fitting[name]._parameters["weight"]
    shown = weight[:most, :most]
    title = f"{name} {kind.__name__}".strip() + f": weight {weight.shape}"
    if shown.shape != weight.shape:
        title += f", [:{len(shown)}, :{shown.shape[1]}] of it"
    if shown.ndim == 3:
        shown = shown[:, :, None]
    largest = float(np.nanmax(np.abs(shown), initial=0.0)) or 1.0
    return _drawn(shown, title, largest, transposed=issubclass(kind, nn.ConvTranspose2d))


def has_filters(layer: nn.Layer) -> bool:
    """Whether a layer has a weight (O, I, kH, kW) or, of signals, (O, I, k)."""
    weight = layer._parameters.get("weight")
    return weight is not None and weight.ndim in (3, 4) and weight.size > 0


def _drawn(weight: Array, title: str, largest: float, transposed: bool) -> Any:
    count, channels, height, width = weight.shape
    colored = channels == 3 and not transposed
    single = colored or channels == 1
    columns = min(COLUMNS, count) if single else channels
    if colored:
        whole = mosaic(0.5 + weight.transpose(0, 2, 3, 1) / (2 * largest), columns)
        whole = np.nan_to_num(whole, nan=1.0).clip(0, 1)
    else:
        whole = mosaic(weight.reshape(-1, height, width), columns)
    wide, high = inches(whole.shape)
    figure = new_figure("filters", wide + 1.2, high + 0.8)
    axes = figure.subplots()
    axes.set_title(title, fontsize=10, parse_math=False)
    image = axes.imshow(whole, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
    if not colored:
        figure.colorbar(image, ax=axes, shrink=0.6).outline.set_visible(False)
    if single:
        rows = range(0, count, columns)
        number_tiles(axes, [str(n) for n in rows], [f"+{n}" for n in range(columns)], height, width)
        axes.set_ylabel("filter")
    else:
        number_tiles(axes, [str(n) for n in range(count)], [str(n) for n in range(channels)], height, width)
        names = ("output channel", "input channel") if transposed else ("input channel", "filter")
        axes.set(xlabel=names[0], ylabel=names[1])
    return figure
