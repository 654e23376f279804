"""Every network by its name, for given images and classes."""

import difflib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn, validate
from fastconv.models import blocks
from fastconv.models.classics import digits, lenet5, mnist_cnn, vgg_cifar
from fastconv.models.derivation import derivation_cnn
from fastconv.models.residual import resnet8, resnet20
from fastconv.models.tiny import ds_cnn, mobilenet_v1
from fastconv.types import Shape


def names() -> tuple[str, ...]:
    """The names that `build` knows."""
    return tuple(_BUILDERS)


def build(
    name: str,
    input_shape: Shape | None = None,
    classes: int | None = None,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """The model called `name` for images of `input_shape` (channels, height, width), with `classes` logits.

    What is left out is as usual for this model. ValueError: an unknown name, or a shape that does not fit.
    """
    if not isinstance(name, str):
        raise validate.wrong_type("build", "name", type(name).__name__, f"one of {', '.join(_BUILDERS)}")
    if name not in _BUILDERS:
        close = difflib.get_close_matches(name, _BUILDERS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"build: name: got {name!r}, needs one of {', '.join(_BUILDERS)}{hint}")
    options: dict[str, Any] = {"seed": seed, "dtype": dtype}
    if classes is not None:
        options["classes"] = classes
    if input_shape is not None:
        options["input_shape"] = validate.size("build", "input_shape", input_shape)
    return _BUILDERS[name](**options)


def _derivation_cnn(input_shape: Shape = (1, 6, 6), classes: int = 1, **options: Any) -> nn.Sequential:
    channels, (_, height, width) = blocks.channels(input_shape), input_shape
    return derivation_cnn((height, width), channels, outputs=classes, **options)


def _derivation_mlp(
    input_shape: Shape = (3, 32, 32),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    flatten = [nn.Flatten()] if len(input_shape) > 1 else []
    return blocks.dense(flatten, math.prod(input_shape), (50,), classes, seed, dtype)


_BUILDERS: dict[str, Callable[..., nn.Sequential]] = {
    "derivation_cnn": _derivation_cnn,
    "derivation_mlp": _derivation_mlp,
    "digits": digits,
    "ds_cnn": ds_cnn,
    "lenet5": lenet5,
    "mnist_cnn": mnist_cnn,
    "mobilenet_v1": mobilenet_v1,
    "resnet8": resnet8,
    "resnet20": resnet20,
    "vgg_cifar": vgg_cifar,
}
