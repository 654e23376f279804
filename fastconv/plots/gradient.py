"""Where in an image a class is seen."""

from typing import Any

import numpy as np

from fastconv import nn, validate
from fastconv.plots.figure import new_figure, show
from fastconv.plots.inputs import images_for
from fastconv.types import Array, Indices

MOST = 8
"""Images in one picture."""


def saliency(model: nn.Layer, x: Any, target: Any = None) -> Any:
    """How much each pixel moves a class's output: max over channels of |d output[target] / dx|.

    The model's own backward computes the gradient as in prediction (dropout off, running statistics). Every
    image has a scale of its own, black is 0. Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional
    Networks", 2013 (https://arxiv.org/abs/1312.6034).

    model: a classifier with outputs (N, classes), best without a softmax at its end.
    x: an image (C, H, W), or a batch (N, C, H, W), of which the first 8 are shown.
    target: a class, or one for each image (N,): its label in `model.classes` where there are any, else its
    number; what the model predicts if None.
    Returns a `matplotlib.figure.Figure`. ValueError for outputs that are no classes and a class that is not
    there; ImportError without matplotlib.
    """
    x = images_for("saliency", model, x)
    count = len(x)
    if np.ndim(target):
        validate.same_shape("saliency", "target", np.asarray(target), "x", (count,))
        target = np.asarray(target)[:MOST]
    x = x[:MOST]
    output, backward = model.forward(x, training=False)
    if output.ndim != 2:
        got = f"outputs of shape {output.shape}"
        raise validate.wrong_value("saliency", "model", got, "an output for each class (N, classes)")
    predicted = output.argmax(axis=1)
    numbers = predicted if target is None else _numbers(model, target, output.shape)
    dy = np.zeros_like(output)
    dy[np.arange(len(x)), numbers] = 1
    dx = backward(dy)[0]
    if dx is None:
        raise validate.wrong_value(
            "saliency", "model", "no gradient of the input", "a backward that gives it"
        )
    return _drawn(model, x, np.abs(dx).max(axis=1), numbers, predicted, count)


def _numbers(model: nn.Layer, target: Any, shape: tuple[int, ...]) -> Indices:
    """The number of each image's class."""
    given = np.broadcast_to(np.asarray(target), shape[:1])
    classes = model.classes
    if classes is not None:
        places = {label: number for number, label in enumerate(classes)}
        for label in given.tolist():
            if label not in places:
                needs = f"one of model.classes {tuple(classes)}"
                raise validate.wrong_value("saliency", "target", repr(label), needs)
        return np.array([places[label] for label in given.tolist()], np.int64)
    return validate.labels("saliency", "target", given, shape[1])


def _drawn(
    model: nn.Layer, x: Array, strength: Array, target: Indices, predicted: Indices, count: int
) -> Any:
    names = model.classes or range(1 + max(target.max(), predicted.max()))
    figure = new_figure("saliency", max(3.0, 1.7 * len(x)) + 0.3, 4.2)
    if len(x) < count:
        figure.suptitle(f"the first {len(x)} of {count} images", fontsize=10)
    above, below = figure.subplots(2, len(x), squeeze=False)
    for index, (image, heat) in enumerate(zip(above, below, strict=True)):
        show(image, x[index])
        heat.imshow(strength[index], cmap="inferno", vmin=0, vmax=strength[index].max() or 1)
        heat.set_axis_off()
        said = "" if target[index] == predicted[index] else f"\npredicted {names[predicted[index]]}"
        image.set_title(f"input{said}", fontsize=9, parse_math=False)
        heat.set_title(f"gradient of {names[target[index]]}", fontsize=9, parse_math=False)
    return figure
