"""`load`: a model from a file."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.keras.archive import members
from fastconv.interop.keras.entries import Entry, everything
from fastconv.interop.keras.inputs import axes_of, given, model_entry
from fastconv.interop.keras.models import converted
from fastconv.interop.keras.step import Reading
from fastconv.interop.keras.weights import opened

POLICIES = {
    *("float32", "float64", "float16", "bfloat16"),
    *("mixed_float16", "mixed_bfloat16"),
}
"""The types of numbers that are read, by Keras's names."""

_logger = logging.getLogger("fastconv")


def load(path: str | Path) -> nn.Layer:
    """The model in a `.keras` file of Keras 3: a Sequential or functional one, with models inside or without.

    It takes images (N, C, H, W) and signals (N, C, L), as all models here, whatever the file's `data_format`,
    and gives such; weights are turned accordingly, and a dense layer behind a flattened image has its columns
    in our order. Axes without such a meaning stay as they are: (N, 28, 28) for dense layers. Pixels are those
    that the file's model was trained on: where it begins with a Rescaling from 0 to 255, and as floats, for
    `predict` divides images of uint8 by 255 itself.

    Layers are named as in the file: `model.freeze("conv2d_1")`; one that is not `trainable` there is frozen.
    A chain of layers is a `Sequential`, any other model a `Graph`, an activation a layer of its own. All
    numbers are float32, or float64 where the file's all are; the logger "fastconv" says where half precision
    was converted, and which layers of training alone (RandomFlip, GaussianNoise) were left out. Batch norm
    moves its running variance by the unbiased variance of a batch, Keras by the biased one.

    Nothing in the file is executed: the classes that it names are looked up in a table, and a Lambda layer
    or a class of one's own is refused. So are links to other files, and sizes that the file's own does not
    explain. OSError where there is no such file; ImportError without h5py (`pip install 'fastconv[keras]'`);
    ValueError, naming the file and the layer, for what it cannot read: other layers and settings, models of
    several inputs or outputs, files of older versions.
    """
    config, data = members(path)
    with opened(data) as weights, np.errstate(all="ignore"):
        try:
            model = model_entry(config)
            layers = list(everything(model))
            reading = Reading(weights, _dtype(layers))
            builder, output = converted(model, given(layers), reading)
            axes = axes_of(layers, output.rank)
            loaded = builder.finished(builder.moved(builder.unfolded(output), axes))
        except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
            raise ValueError(f"{path}: holds no model that fits: {error}") from None
    _tell(path, layers, reading)
    return loaded


def _policies(layers: list[Entry]) -> list[str]:
    """The types of the layers' numbers; ValueError for quantized ones."""
    found = []
    for layer in layers:
        given: Any = layer.values.get("dtype")
        if isinstance(given, dict):
            inner = given.get("config")
            given = inner.get("name") if isinstance(inner, dict) else given
        if layer.kind == "InputLayer" or given is None:
            continue
        if not isinstance(given, str) or given not in POLICIES:
            needs = f"one of {', '.join(sorted(POLICIES))}"
            raise ValueError(f"in {layer.name[:80]}: dtype: got {repr(given)[:40]}, needs {needs}")
        found.append(given)
    return found


def _dtype(layers: list[Entry]) -> np.dtype[Any]:
    """float64 where all layers have it, else float32."""
    return np.dtype(np.float64 if {*_policies(layers)} == {"float64"} else np.float32)


def _tell(path: str | Path, layers: list[Entry], reading: Reading) -> None:
    """Says what the model lacks of the one in the file."""
    if half := sorted({policy for policy in _policies(layers) if "16" in policy}):
        _logger.warning("%s: %s became float32", path, ", ".join(half))
    if reading.left_out:
        _logger.warning("%s: layers of training alone were left out: %s", path, ", ".join(reading.left_out))
