"""Model files that say what their network takes and what its outputs mean."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.cli import settings
from fastconv.data.preparation import RAW, Preparation
from fastconv.interop import keras, onnx, safetensors
from fastconv.nn.architecture import recorded
from fastconv.nn.files import restored
from fastconv.types import Pair, Shape

ONNX = ".onnx"
"""The end of the name of an ONNX file."""
KERAS = ".keras"
"""The end of the name of a file that Keras wrote."""
KEY = "task"
"""The entry of the file's description that holds a `Task`."""


@dataclass(frozen=True)
class Task:
    """What a classifier was trained for.

    The shape of an image (C, H, W), the name of each class, and how an image's file becomes the input.
    """

    input_shape: Shape
    classes: tuple[str, ...]
    preparation: Preparation = RAW

    def state_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        preparation = self.preparation.state_dict()
        return {"input_shape": self.input_shape, "classes": self.classes, "preparation": preparation}


def save(model: nn.Layer, task: Task, path: str) -> None:
    """Write the model with its task; `fastconv.load` reads the file too, with the classes."""
    content = {"classes": list(task.classes), **recorded(model), KEY: task.state_dict()}
    safetensors.write(path, content, model.state_dict())


def load(path: str) -> tuple[nn.Layer, Task | None]:
    """The model and its task; None for a file that does not tell it, such as those of `model.save`.

    The task of a run's checkpoint is what config.json beside it says; that of an ONNX file what `export` put
    there; a file of Keras's says none.
    """
    if is_onnx(path):
        model, entry = _of_onnx(path)
    elif is_keras(path):
        model, entry = keras.load(path), None
    else:
        content, tensors = safetensors.read(path)
        model = restored(path, content, tensors)
        entry = content.get(KEY, settings.beside(Path(path)))
    task = _task(path, entry)
    if task is not None:
        outputs = model.output_shape(task.input_shape)
        if outputs != (len(task.classes),):
            raise ValueError(f"{path}: got outputs of shape {outputs} for {len(task.classes)} classes")
    return model, task


def is_onnx(path: str) -> bool:
    """Whether this is the name of an ONNX file."""
    return Path(path).suffix.lower() == ONNX


def is_keras(path: str) -> bool:
    """Whether this is the name of a file that Keras wrote."""
    return Path(path).suffix.lower() == KERAS


def input_shape(path: str) -> Shape | None:
    """The shape of an input, where the file is one of ONNX or Keras and says it."""
    if is_keras(path):
        return keras.input_shape(path)
    return onnx.input_shape(path) if is_onnx(path) else None


def with_shape(path: str, given: Shape | None, needs: str) -> tuple[nn.Layer, Task | None, Shape]:
    """What `load` gives, and the shape of an input: the given one, or that of the task or the file.

    ValueError where none says it; `needs` is what a user would have to give.
    """
    model, task = load(path)
    shape = given or (task.input_shape if task else input_shape(path))
    if shape is None:
        raise ValueError(f"{path}: does not say the shape of its input, needs {needs}")
    return model, task, shape


def task_for(path: str, model: nn.Layer, input_shape: Shape, names: tuple[str, ...] = ()) -> Task:
    """The task of a model that classifies images of this shape.

    How they are prepared is what the model says of it. The classes are those that the model learned; else
    `names`, if it has an output for each, and numbers for the outputs that are left. One output stands for
    two classes. ValueError for a model that does not take such images, or classifies none.
    """
    try:
        outputs = model.output_shape(input_shape)
    except ValueError as error:
        raise ValueError(f"{path}: got images of shape {input_shape}: {error}") from None
    if len(outputs) != 1:
        needs = "a number for each class: a classifier"
        raise ValueError(f"{path}: got outputs of shape {outputs} for an image, needs {needs}")
    count = max(2, outputs[0])
    numbers = tuple(map(str, range(count)))
    named = (*names, *numbers[len(names) :]) if len(names) <= count else numbers
    classes = tuple(map(str, model.classes or named))
    if len(classes) != count:
        raise ValueError(f"{path}: got outputs of shape {outputs} for {len(classes)} classes")
    return Task(input_shape, classes, _preparation(path, model.preparation, input_shape))


def check_size(size: Pair | None, path: str, task: Task) -> None:
    """ValueError for a `--size` where the file says it."""
    if size is not None:
        _, height, width = task.input_shape
        raise ValueError(f"--size: got it with {path}, which takes images of {height} x {width}; needs none")


def _of_onnx(path: str) -> tuple[nn.Layer, dict[str, Any] | None]:
    """The model of an ONNX file, and its task as other files hold it, if it has one output for each class."""
    try:
        model, shape = onnx.load_with_shape(path)
        outputs = None if shape is None or model.classes is None else model.output_shape(shape)
    except ValueError as error:
        message = str(error).removeprefix("load: ")
        raise ValueError(message if message.startswith(path) else f"{path}: {message}") from None
    if shape is None or outputs != (len(model.classes or ()),):
        return model, None
    classes, preparation = list(model.classes), model.preparation
    return model, {"input_shape": list(shape), "classes": classes, "preparation": preparation}


def _task(path: str, entry: Any) -> Task | None:
    if not isinstance(entry, dict):
        return None
    shape, classes = entry.get("input_shape"), entry.get("classes")
    if not isinstance(shape, list) or not isinstance(classes, list):
        return None
    if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
        return None
    how = _preparation(path, entry.get("preparation"), tuple(shape))
    return Task(tuple(shape), tuple(map(str, classes)), how)


def _preparation(path: str, state: Any, shape: Shape) -> Preparation:
    """What a file says of it, None being nothing; ValueError for what does not fit images of this shape."""
    try:
        how = RAW if state is None else Preparation.from_state_dict(state)
        if how.normalize is not None:  # for so many channels?
            how.normalize.images(np.empty((0, *shape), np.float32))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: holds no preparation of images that fits: {error}") from None
    return how
