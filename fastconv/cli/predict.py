"""`fastconv predict`: the classes of image files."""

import argparse

import numpy as np

from fastconv.backends import backend
from fastconv.cli import modelfile, text
from fastconv.cli.pictures import read
from fastconv.functional import softmax

BEST = 3
"""Classes that are named for an image."""


def run(options: argparse.Namespace) -> int:
    """Print the likeliest classes of each image with their probabilities."""
    model, task = modelfile.load(options.model)
    images = np.stack(
        [read(path, task.input_shape, options.invert, options.range) for path in options.images]
    )
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
