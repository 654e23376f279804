"""What a layer makes of an image."""

from typing import Any

from fastconv import nn, validate
from fastconv.nn.base import INPUT, Node
from fastconv.nn.places import locate
from fastconv.plots.figure import inches, mosaic, new_figure, number_tiles, show
from fastconv.plots.inputs import images_for, layer_name, names_of
from fastconv.plots.weights import has_filters
from fastconv.types import Array

COLUMNS = 8
"""Maps side by side."""


def feature_maps(model: nn.Layer, x: Any, layer: nn.Layer | str | int | None = None, most: int = 64) -> Any:
    """The channels of a layer's output for one image, beside the image; all in one scale.

    The model computes as in prediction: dropout is off, batch norm uses its running statistics.

    x: an image (C, H, W) or a batch of one (1, C, H, W).
    layer: the layer's name in the model (`"3.body.0"`), or itself; the first convolution if None. Of a
    container it is the output of the whole.
    most: the largest number of channels; the others are left out, and the title says so.
    Returns a `matplotlib.figure.Figure`. ValueError for a layer whose output is no image, and for several
    images; ImportError without matplotlib.
    """
    x = images_for("feature_maps", model, x)
    most = validate.integer("feature_maps", "most", most)
    if len(x) > 1:
        needs = "one image (C, H, W); x[0] would fit"
        raise validate.wrong_value("feature_maps", "x", f"{len(x)} images", needs)
    nodes = model.nodes()
    node = _chosen(model, nodes, layer)
    values = _values(nodes[: nodes.index(node) + 1], x)
    output = values[node.name]
    if output.ndim != 4:
        fitting = [name for name, value in values.items() if value.ndim == 4 and name != INPUT]
        got = f"{node.name!r} with output {output.shape[1:]}"
        raise validate.wrong_value(
            "feature_maps", "layer", got, f"one that gives (C, H, W): {names_of(fitting)}"
        )
    return _drawn(x[0], output[0], node, most)


def _chosen(model: nn.Layer, nodes: list[Node], layer: Any) -> Node:
    """The node whose output is meant; of a container, the last one inside it."""
    if layer is None:
        return next((node for node in nodes if has_filters(node.layer)), nodes[0])
    names = [node.name for node in nodes]
    name = layer_name("feature_maps", model, layer, names)
    inside = [node for node in nodes if node.name == name or node.name.startswith(f"{name}." if name else "")]
    if not inside:
        got = f"{name!r}, which does not run by itself"
        raise validate.wrong_value("feature_maps", "layer", got, f"one of {names_of(names)}")
    return inside[-1]


def _values(nodes: list[Node], x: Array) -> dict[str, Array]:
    """The outputs of these nodes, by name."""
    values = {INPUT: x}
    for name, layer, sources in nodes:
        given = tuple(values[source] for source in sources)
        try:
            values[name] = layer(given if layer.takes_several else given[0])  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            if name:
                locate(error, name, layer, *given)
            raise
    return values


def _drawn(image: Array, maps: Array, node: Node, most: int) -> Any:
    count, height, width = maps.shape
    maps = maps[:most]
    columns = min(COLUMNS, len(maps))
    whole = mosaic(maps, columns)
    wide, high = inches(whole.shape)
    figure = new_figure("feature_maps", wide + 3.2, high + 0.8)
    before, axes = figure.subplots(1, 2, width_ratios=(1.8, wide + 1))
    show(before, image)
    before.set_title("input", fontsize=10)
    shown = axes.imshow(whole, cmap="viridis", interpolation="nearest")
    figure.colorbar(shown, ax=axes, shrink=0.6).outline.set_visible(False)
    rows = range(0, len(maps), columns)
    number_tiles(axes, [str(n) for n in rows], [f"+{n}" for n in range(columns)], height, width)
    axes.set_ylabel("channel")
    title = f"{node.name} {type(node.layer).__name__}".strip() + f": {count} of {height} x {width}"
    title += f", the first {len(maps)}" if len(maps) < count else ""
    axes.set_title(title, fontsize=10, parse_math=False)
    return figure
