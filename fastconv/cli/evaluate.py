"""`fastconv evaluate`: how good a trained model is on a data set."""

import argparse

from fastconv.backends import backend
from fastconv.cli import modelfile, sources, text
from fastconv.nn import CrossEntropyLoss
from fastconv.plots.matrix import confusion_matrix


def run(options: argparse.Namespace) -> int:
    """Print loss, accuracy and confusion matrix of the test images."""
    model, task = modelfile.load(options.model)
    channels, height, width = task.input_shape
    _, data = sources.read(options.data, (height, width), channels, task.preparation)
    if data.input_shape != task.input_shape:
        raise ValueError(
            f"{options.data}: got images of shape {data.input_shape}, "
            f"needs {task.input_shape} for {options.model}"
        )
    if len(data.classes) > len(task.classes):
        most = f"at most {len(task.classes)} for {options.model}"
        raise ValueError(f"{options.data}: got {len(data.classes)} classes, needs {most}")
    if task.preparation.normalize is not None:
        data = data.normalized(task.preparation.normalize)
    images, labels = data.test
    with backend(options.backend):
        logits = model.predict(images)
        loss = CrossEntropyLoss()(logits, labels)
    predicted = logits.argmax(axis=1)
    right = int((predicted == labels).sum())
    rows = [
        ("model", options.model),
        ("data", f"{options.data}: {text.count(len(labels), 'test image')}"),
        ("loss", f"{loss:.4f}"),
        ("accuracy", f"{text.percent(right / len(labels))} ({right} of {len(labels)})"),
    ]
    print(text.table(rows, "<<"), end="\n\n")
    matrix = confusion_matrix(labels, predicted, len(task.classes))
    table = [("class", "images", "right", "accuracy", "taken for")]
    for number, (name, counts) in enumerate(zip(task.classes, matrix.tolist(), strict=True)):
        total = sum(counts)
        share = text.percent(counts[number] / total) if total else "-"
        others = sorted(((count, other) for other, count in enumerate(counts) if count), key=lambda x: -x[0])
        taken = ", ".join(f"{task.classes[other]} ({count})" for count, other in others if other != number)
        table.append((name, str(total), str(counts[number]), share, taken))
    print(text.table(table, "<>>><"))
    return 0
