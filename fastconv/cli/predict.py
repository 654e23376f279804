"""`fastconv predict`: the classes of image files."""

import argparse

import numpy as np

from fastconv.backends import backend
from fastconv.cli import modelfile, text
from fastconv.data import pictures
from fastconv.functional import softmax
from fastconv.types import Array

BEST = 3
"""Classes that are named for an image."""
RANGE = "--range={},{}"
"""How an error tells the values that become 0 and 1."""


def run(options: argparse.Namespace) -> int:
    """Print the likeliest classes of each image with their probabilities."""
    model, task = modelfile.load(options.model)
    images = _images(options, task)
    with backend(options.backend):
        probabilities = softmax(model.predict(images), dim=1)
    best = min(BEST, len(task.classes))
    rows = [["image", "class", "probability", *["next", ""] * (best - 1)]]
    for path, shares in zip(options.images, probabilities, strict=True):
        order = np.argsort(-shares, kind="stable")[:best]
        rows.append(
            [path, *(cell for k in order for cell in (task.classes[k], text.percent(float(shares[k]))))]
        )
    print(text.table(rows, "<" + "<>" * best))
    return 0


def _images(options: argparse.Namespace, task: modelfile.Task) -> Array:
    """The image files as the network knows them: (N, C, H, W), prepared like those that it was trained on."""
    (channels, height, width), how = task.input_shape, task.preparation
    if channels not in pictures.MODES:
        raise ValueError(f"predict: got a model for images of {channels} channels, needs one for 1, 3 or 4")
    limits = options.range or how.value_range
    images = np.stack(
        [pictures.read(path, channels, (height, width), limits, how.crop, RANGE) for path in options.images]
    )
    if options.invert:
        np.subtract(1, images[:, :3], out=images[:, :3])
    return images if how.normalize is None else how.normalize.images(images)
