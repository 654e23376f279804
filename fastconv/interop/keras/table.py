"""Which function reads which layer."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastconv import nn
from fastconv.interop.keras import (
    activation,
    convolution,
    dense,
    dropout,
    joins,
    normalization,
    operations,
    pooling,
    shapes,
)
from fastconv.interop.keras.entries import Entry
from fastconv.interop.keras.step import Step
from fastconv.interop.keras.values import Value

Reader = Callable[[Step, Any], Value]
"""Makes a layer's output of the step and its input, or of the list of its inputs."""


def _passed(step: Step, value: Value) -> Value:
    """The value itself."""
    return value


def _lines_and_planes(name: str, read: Callable[..., Value]) -> dict[str, Reader]:
    """The readers of a layer for signals and of that for images."""
    return {f"{name}{axes}D": partial(read, axes=axes) for axes in (1, 2)}


LEFT_OUT = (
    *("ActivityRegularization", "AlphaDropout", "AugMix", "AutoContrast", "CutMix", "Equalization"),
    *(
        "GaussianDropout",
        "GaussianNoise",
        "MixUp",
        "RandAugment",
        "RandomBrightness",
        "RandomColorDegeneration",
    ),
    *("RandomColorJitter", "RandomContrast", "RandomCrop", "RandomElasticTransform", "RandomErasing"),
    *(
        "RandomFlip",
        "RandomGaussianBlur",
        "RandomGrayscale",
        "RandomHue",
        "RandomInvert",
        "RandomPerspective",
    ),
    *("RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear"),
    *("RandomTranslation", "RandomZoom", "SpatialDropout1D"),
)
"""Layers that change nothing in prediction."""

LAYERS: dict[str, Reader] = {
    "Activation": activation.activated,
    **_lines_and_planes("AveragePooling", pooling.average_pooling),
    "BatchNormalization": normalization.batch_normalization,
    **_lines_and_planes("Conv", convolution.convolution),
    "Conv2DTranspose": convolution.transposed,
    **_lines_and_planes("Cropping", shapes.cropping),
    "Dense": dense.dense,
    **_lines_and_planes("DepthwiseConv", convolution.depthwise),
    "Dropout": dropout.dropout,
    "ELU": activation.elu,
    "Flatten": shapes.flatten,
    **_lines_and_planes("GlobalAveragePooling", pooling.global_average_pooling),
    **_lines_and_planes("GlobalMaxPooling", pooling.global_max_pooling),
    "GroupNormalization": normalization.group_normalization,
    "Identity": _passed,
    "LayerNormalization": normalization.layer_normalization,
    "LeakyReLU": activation.leaky_relu,
    **_lines_and_planes("MaxPooling", pooling.max_pooling),
    "Normalization": normalization.normalization,
    "PReLU": activation.prelu,
    "Permute": shapes.permute,
    "ReLU": activation.relu,
    "Rescaling": normalization.rescaling,
    "Reshape": shapes.reshape,
    **_lines_and_planes("SeparableConv", convolution.separable),
    "Softmax": activation.softmax,
    "SpatialDropout2D": dropout.spatial_dropout,
    **_lines_and_planes("UpSampling", shapes.up_sampling),
    **_lines_and_planes("ZeroPadding", shapes.zero_padding),
    **dict.fromkeys(LEFT_OUT, dropout.left_out),
}
"""Layers of one input."""

JOINS: dict[str, Reader] = {
    "Average": joins.average,
    "Concatenate": joins.concatenate,
    **{
        kind.__name__: partial(joins.elementwise, make=kind)
        for kind in (nn.Add, nn.Maximum, nn.Minimum, nn.Multiply, nn.Subtract)
    },
}
"""Layers of several inputs."""

OPERATIONS: dict[tuple[str, str], Reader] = {
    **{("keras.src.ops.nn", name): operations.function for name in operations.FUNCTIONS if name != "Tanh"},
    ("keras.src.ops.nn", "Elu"): activation.elu,
    ("keras.src.ops.nn", "Gelu"): operations.gelu,
    ("keras.src.ops.nn", "LeakyRelu"): activation.leaky_relu,
    ("keras.src.ops.nn", "Softmax"): activation.softmax,
    ("keras.src.ops.numpy", "Negative"): operations.negative,
    ("keras.src.ops.numpy", "Tanh"): operations.function,
    ("keras.src.activations.activations", "ReLU"): activation.relu,
}
"""Functions of one input, by module and name."""

ARITHMETIC: dict[tuple[str, str], Reader] = {
    ("keras.src.ops.numpy", name): operations.arithmetic for name in operations.JOINS
}
"""Functions of two inputs, one of which may be a constant."""


def reader(entry: Entry) -> tuple[Reader, bool]:
    """The function that reads a layer, and whether it is given a list; ValueError for a layer without one."""
    key = entry.module, entry.kind
    if entry.module == "keras.layers":
        if entry.kind == "Lambda":
            raise ValueError("holds a function of Python, and no file's code is ever run")
        one, several = LAYERS.get(entry.kind), JOINS.get(entry.kind)
    else:
        one, several = OPERATIONS.get(key), ARITHMETIC.get(key)
    found = one or several
    if found is None:
        needs = ", ".join(sorted({*LAYERS, *JOINS}.difference(LEFT_OUT)))
        raise ValueError(f"is {entry.kind[:40]} of {entry.module[:60]}, needs to be one of {needs}")
    return found, one is None
