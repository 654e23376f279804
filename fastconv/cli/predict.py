"""`fastconv predict`: the classes of image files."""

import argparse

import numpy as np

from fastconv import nn
from fastconv.backends import backend
from fastconv.cli import modelfile, outputs, text
from fastconv.data import pictures
from fastconv.functional import softmax
from fastconv.markup import columns
from fastconv.types import Array

BEST = 3
"""Classes that are named for an image."""
RANGE = "--range={},{}"
"""How an error tells the values that become 0 and 1."""


def run(options: argparse.Namespace) -> int:
    """Print the likeliest classes of each image with their probabilities, or the likeliest alone."""
    model, task = modelfile.load(options.model)
    if task is None:
        task = _task(options, model)
    else:
        modelfile.check_size(options.size, options.model, task)
    images = _images(options, task)
    with backend(options.backend):
        probabilities = softmax(outputs.logits(model, images), dim=1)
    if options.labels:
        print("\n".join(task.classes[best] for best in probabilities.argmax(axis=1)))
        return 0
    best = min(BEST, len(task.classes))
    rows = [["image", "class", "probability", *["next", ""] * (best - 1)]]
    for path, shares in zip(options.images, probabilities, strict=True):
        order = np.argsort(-shares, kind="stable")[:best]
        rows.append(
            [path, *(cell for k in order for cell in (task.classes[k], text.percent(float(shares[k]))))]
        )
    print(columns(rows, "<" + "<>" * best))
    return 0


def _task(options: argparse.Namespace, model: nn.Layer) -> modelfile.Task:
    """What a model from Python is for: images of the channels that it takes, of one size or of `--size`."""
    pictures.need_pillow()
    sizes = {size: path for path in reversed(options.images) for size in [_size(options, path)]}
    if len(sizes) > 1:
        got = " and ".join(f"{text.shape(size)} in {path}" for size, path in [*reversed(sizes.items())][:2])
        raise ValueError(f"--size: got none, and images of {got}; needs H,W, what all are resized to")
    (size,) = sizes
    counts = _channels(model, 1 if pictures.is_grey(options.images[0]) else 3)
    errors = []
    for channels in counts:
        try:
            return modelfile.task_for(options.model, model, (channels, *size))
        except ValueError as error:
            errors.append(str(error))
    way = "" if options.size else "; --size=H,W resizes images"
    raise ValueError(f"{errors[0]}{way}")


def _channels(model: nn.Layer, usual: int) -> tuple[int, ...]:
    """The channels that images may have: what the first layer says, or whatever fits, the usual first."""
    first = next(model.leaves(), None)
    said = getattr(first[1], "in_channels", None) if first else None
    return (said,) if said in pictures.MODES else (usual, *pictures.MODES)


def _size(options: argparse.Namespace, path: str) -> tuple[int, int]:
    """Height and width that an image will have."""
    height, width = options.size or pictures.read(path, 1, value_range=options.range, hint=RANGE).shape[1:]
    return height, width


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
