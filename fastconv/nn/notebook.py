"""What notebooks show of a model."""

from typing import Any

from fastconv.markup import table


def layer_table(model: Any) -> str:
    """A table in HTML: of each layer its name, its settings, the shapes of its parameters and their sizes.

    A layer that occurs twice is counted at its first place.
    """
    places = dict[int, str]()
    rows = []
    for name, layer in model.named_modules(remove_duplicate=False):
        settings = "" if layer.children() else ", ".join(layer._settings())
        written = f"{type(layer).__name__}({settings})" if settings else type(layer).__name__
        if id(layer) in places:
            rows.append((name, written, f"those of {places[id(layer)]}", ""))
            continue
        places[id(layer)] = name
        own = layer._parameters
        shapes = (f"{key} {array.shape}{' frozen' * (key in layer._frozen)}" for key, array in own.items())
        rows.append(
            (
                name,
                written,
                ", ".join(shapes),
                f"{sum(array.size for array in own.values()):,}" if own else "",
            )
        )
    if len(rows) > 1:
        rows.append(("total", "", "", f"{sum(array.size for array in model.parameters().values()):,}"))
    return table(["name", "layer", "parameters", "count"], rows, words=(0, 1, 2))
