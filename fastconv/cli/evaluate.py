"""`fastconv evaluate`: how good a trained model is on a data set."""

import argparse

import numpy as np

from fastconv import nn
from fastconv.backends import backend
from fastconv.cli import modelfile, outputs, sources, text
from fastconv.data import Dataset
from fastconv.markup import columns
from fastconv.plots.matrix import confusion_matrix
from fastconv.types import Indices


def run(options: argparse.Namespace) -> int:
    """Print loss, accuracy and confusion matrix of the test images."""
    model, task = modelfile.load(options.model)
    task, data = _data(options, model, task)
    images, labels = data.test[0], _numbers(options, data, task)
    with backend(options.backend):
        logits = outputs.logits(model, images)
        loss = nn.CrossEntropyLoss()(logits, labels)
    predicted = logits.argmax(axis=1)
    right = int((predicted == labels).sum())
    rows = [
        ("model", options.model),
        ("data", f"{options.data}: {text.count(len(labels), 'test image')}"),
        ("loss", f"{loss:.4f}"),
        ("accuracy", f"{text.percent(right / len(labels))} ({right} of {len(labels)})"),
    ]
    print(columns(rows, "<<"), end="\n\n")
    matrix = confusion_matrix(labels, predicted, len(task.classes))
    table = [("class", "images", "right", "accuracy", "taken for")]
    for number, (name, counts) in enumerate(zip(task.classes, matrix.tolist(), strict=True)):
        total = sum(counts)
        share = text.percent(counts[number] / total) if total else "-"
        others = sorted(((count, other) for other, count in enumerate(counts) if count), key=lambda x: -x[0])
        taken = ", ".join(f"{task.classes[other]} ({count})" for count, other in others if other != number)
        table.append((name, str(total), str(counts[number]), share, taken))
    print(columns(table, "<>>><"))
    return 0


def _data(
    options: argparse.Namespace, model: nn.Layer, task: modelfile.Task | None
) -> tuple[modelfile.Task, Dataset]:
    """What the network is for, by the data if its file does not tell, and the data as it knows them."""
    sources.check_size(options.size, options.data)
    if task is None:
        _, data = sources.read(options.data, options.size)
        return modelfile.task_for(options.model, model, data.input_shape, data.classes), data
    modelfile.check_size(options.size, options.model, task)
    channels, height, width = task.input_shape
    _, data = sources.read(options.data, (height, width), channels, task.preparation)
    if data.input_shape != task.input_shape:
        raise ValueError(
            f"{options.data}: got images of shape {data.input_shape}, "
            f"needs {task.input_shape} for {options.model}"
        )
    if task.preparation.normalize is not None:
        data = data.normalized(task.preparation.normalize)
    return task, data


def _numbers(options: argparse.Namespace, data: Dataset, task: modelfile.Task) -> Indices:
    """The labels as the model numbers its classes: by their names, or if the data has none, as they are."""
    names, labels = data.classes, data.test[1]
    place = {name: number for number, name in enumerate(task.classes)}
    foreign = [names[label] for label in np.unique(labels) if names[label] not in place]
    if not foreign:
        return np.array([place.get(name, -1) for name in names])[labels]
    if len(names) > len(task.classes):
        most = f"at most {len(task.classes)} for {options.model}"
        raise ValueError(f"{options.data}: got {len(names)} classes, needs {most}")
    unnamed = names == tuple(map(str, range(len(names))))
    if not unnamed or all(name.isdecimal() for name in task.classes):
        known = f"those of {options.model}: {', '.join(task.classes)}"
        raise ValueError(f"{options.data}: got the class {foreign[0]}, needs {known}")
    return labels
