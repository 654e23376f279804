"""Model files that say what their network takes and what its outputs mean."""

from dataclasses import asdict, dataclass
from typing import Any

from fastconv import nn
from fastconv.interop import safetensors
from fastconv.nn.architecture import recorded
from fastconv.nn.files import restored
from fastconv.types import Shape

KEY = "task"
"""The entry of the file's description that holds a `Task`."""


@dataclass(frozen=True)
class Task:
    """What a classifier was trained for: the shape of an image (C, H, W), and the name of each class."""

    input_shape: Shape
    classes: tuple[str, ...]
    value_range: tuple[float, float] = (0.0, 1.0)


def save(model: nn.Layer, task: Task, path: str) -> None:
    """Write the model with its task; `fastconv.load` reads the file too."""
    content = {**recorded(model), KEY: asdict(task)}
    safetensors.write(path, content, model.state_dict())


def load(path: str) -> tuple[nn.Layer, Task]:
    """The model and its task; ValueError for a file that does not tell it."""
    content, tensors = safetensors.read(path)
    model = restored(path, content, tensors)
    task = _task(content.get(KEY))
    if task is None:
        raise ValueError(
            f"{path}: got a model without input shape and classes, needs a file that train wrote"
        )
    outputs = model.output_shape(task.input_shape)
    if outputs != (len(task.classes),):
        raise ValueError(f"{path}: got outputs of shape {outputs} for {len(task.classes)} classes")
    return model, task


def _task(entry: Any) -> Task | None:
    if not isinstance(entry, dict):
        return None
    shape, classes = entry.get("input_shape"), entry.get("classes")
    if not isinstance(shape, list) or not isinstance(classes, list):
        return None
    if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
        return None
    return Task(tuple(shape), tuple(map(str, classes)))
