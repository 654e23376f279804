"""What an ONNX file says of a model beside its graph: entries of its metadata (`metadata_props`), in JSON.

- `fastconv.classes`: the label of each output, a list of strings or of integers: `model.classes`.
- `fastconv.preparation`: what happens to an image file before the model sees it: `model.preparation`.

An entry is there where the model has what it says. Other programs pass over them.
"""

import json
from collections.abc import Mapping
from typing import Any

from fastconv import nn

PREFIX = "fastconv."
ENTRIES = "classes", "preparation"
"""The attributes of a model that a file holds, each under its name behind the prefix."""


def entries(model: nn.Layer) -> dict[str, str]:
    """The entries of a model, by key."""
    values = {name: getattr(model, name) for name in ENTRIES}
    return {f"{PREFIX}{name}": json.dumps(value) for name, value in values.items() if value is not None}


def restore(model: nn.Layer, found: Mapping[str, str]) -> None:
    """Gives the model what the entries of a file say; other entries are left.

    ValueError for an entry that holds nothing of the kind.
    """
    for name in ENTRIES:
        text = found.get(f"{PREFIX}{name}")
        if text is not None:
            try:
                setattr(model, name, _value(text))
            except (ValueError, TypeError, RecursionError) as error:
                raise ValueError(f"its entry {PREFIX}{name} does not fit: {error}") from None


def _value(text: str) -> Any:
    """What the JSON holds, which is not nothing."""
    value = json.loads(text)
    if value is None:
        raise ValueError("got null, needs a value")
    return value
