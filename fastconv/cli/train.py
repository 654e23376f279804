"""`fastconv train`: train a network and write the run folder."""

import argparse
import contextlib
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fastconv import __version__, models, nn, optim
from fastconv import functional as F
from fastconv.backends import backend
from fastconv.cli import augmentation, modelfile, reports, sources, text
from fastconv.cli.interrupts import Interrupts
from fastconv.cli.progress import EpochTable, FiniteLoss, LastEpoch
from fastconv.data import Dataset
from fastconv.nn.architecture import description
from fastconv.plots.matrix import confusion_matrix
from fastconv.training.trainer import Trainer
from fastconv.types import Array

LABEL_SMOOTHING = 0.1
"""Chosen, with the other defaults, by cross-validation on the training images of the digits."""


def run(options: argparse.Namespace) -> int:
    """Train, measure the accuracy on the test images, and write the run folder."""
    if options.size and not options.data.startswith("folder:"):
        raise ValueError(f"--size: got it with {options.data}, needs images of a folder: folder:DIR")
    name, data = sources.read(options.data, options.size)
    options.changes = augmentation.read(options.augment, data.input_shape, len(data.classes))
    options.epochs = options.epochs or default_epochs(len(data.train[1]))
    try:
        model = models.build(options.model, data.input_shape, len(data.classes), seed=options.seed)
    except ValueError as error:
        raise ValueError(f"--model {options.model}: {error}") from error
    run_name = f"{name}-{options.model}"
    with Interrupts() as interrupts, _folder(options.out, run_name) as folder, backend(options.backend):
        _run(options, data, model, folder, interrupts)
    return 0


def default_epochs(images: int) -> int:
    """30 passes, fewer over more than 8,000 images, at least 5."""
    return min(30, max(5, 240_000 // images))


@contextlib.contextmanager
def _folder(out: str | None, name: str) -> Iterator[Path]:
    """The run folder; a run that ends before it wrote anything leaves no empty folder behind."""
    asked = Path("runs") if out is None else Path(out)
    new = [path for path in (asked, *asked.parents) if not path.exists()]
    if out is None:
        folder = reports.numbered_folder(asked, name)
        new.insert(0, folder)
    else:
        folder = reports.run_folder(asked)
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):  # the first that is not empty
            for path in new:
                path.rmdir()


def _run(
    options: argparse.Namespace, data: Dataset, model: nn.Sequential, folder: Path, interrupts: Interrupts
) -> None:
    """Train, and write what the finished epochs gave, which are fewer where something ended the training.

    All is written before anything is said of it: who should read it may have gone.
    """
    print(text.table(_overview(options, data, model), "<<"), end="\n\n")
    started, epochs = time.perf_counter(), options.epochs
    shown, data = data, data.normalized() if options.normalize else data
    history, end = _fit(options, data, model, interrupts)
    task = modelfile.Task(data.input_shape, data.classes, data.preparation)
    modelfile.save(model, task, str(folder / "model.safetensors"))
    logits = model.predict(data.test[0])
    seconds = time.perf_counter() - started
    right = int((logits.argmax(axis=1) == data.test[1]).sum())
    accuracy = right / len(logits)
    reports.write_json(folder / "config.json", _config(options, data, model, accuracy))
    _report(folder, shown, history, logits)

    print(f"\ntest accuracy {text.percent(accuracy)} ({right} of {len(logits)}), {seconds:.1f} s")
    if not reports.can_draw():
        print("no pictures without matplotlib: pip install 'fastconv[plots]'")
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    holds = f"{folder} holds what {options.epochs} of {text.count(epochs, 'epoch')} gave"
    if isinstance(end, ValueError):
        raise ValueError(f"{end}; {holds}") from end
    if interrupts.came or isinstance(end, KeyboardInterrupt):
        raise KeyboardInterrupt(f"interrupted: {holds}")
    if end:
        raise end


def _fit(
    options: argparse.Namespace, data: Dataset, model: nn.Sequential, interrupts: Interrupts
) -> tuple[dict[str, list[float]], BaseException | None]:
    """Train; the figures of every finished epoch, whose number `options.epochs` is then, and what ended it.

    Label smoothing is for the gradient. What is shown and recorded is measured as `evaluate` does, without.
    """
    loss = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING)
    metrics = {"cross_entropy": _cross_entropy, "accuracy": "accuracy"}
    trainer = Trainer(model, loss, optim.Adam(model.parameters(), lr=options.lr), metrics)
    last, end = LastEpoch(), None
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", "the loss is")  # FiniteLoss says all of it
        try:
            trainer.fit(
                *data.train,
                epochs=options.epochs,
                batch_size=options.batch_size,
                validation_data=data.test,
                seed=options.seed,
                callbacks=[last, FiniteLoss(), EpochTable(options.epochs)],
                progress=False,
                augment=options.changes,
            )
            interrupts.hold()
        except (Exception, KeyboardInterrupt) as error:
            interrupts.hold()
            options.epochs, parameters = last.finished
            if not options.epochs:
                raise
            model.load_state_dict(parameters)
            end = error
    recorded = zip(("loss", "accuracy", "val_loss", "val_accuracy"), EpochTable.figures, strict=True)
    return {name: trainer.history[figure][: options.epochs] for name, figure in recorded}, end


def _cross_entropy(output: Array, target: Array) -> Array:
    return F.cross_entropy(output, target, reduction="none")


def _report(folder: Path, data: Dataset, history: dict[str, list[float]], logits: Array) -> None:
    """Write the figures and, where that is possible, the pictures."""
    matrix = confusion_matrix(data.test[1], logits.argmax(axis=1), len(data.classes))
    reports.write_history(folder, history)
    reports.write_confusion(folder, matrix, data.classes)
    if reports.can_draw():
        reports.draw_curves(folder, history)
        reports.draw_wrong(folder, *data.test, F.softmax(logits, dim=1), data.classes)


def _overview(options: argparse.Namespace, data: Dataset, model: nn.Sequential) -> list[tuple[str, str]]:
    images, tests = len(data.train[1]), len(data.test[1])
    size = model.summary(data.input_shape).parameters
    return [
        (
            "data",
            f"{options.data}: {images:,} images to train, {tests:,} to test, "
            f"{text.shape(data.input_shape)}, {len(data.classes)} classes",
        ),
        ("model", f"{options.model}: {text.count(size, 'parameter')}"),
        (
            "training",
            f"{text.count(options.epochs, 'epoch')}, batches of {options.batch_size}, Adam {options.lr:g}, "
            f"label smoothing {LABEL_SMOOTHING}, seed {options.seed}, {options.backend}",
        ),
    ]


def _config(
    options: argparse.Namespace, data: Dataset, model: nn.Sequential, accuracy: float
) -> dict[str, Any]:
    """Everything that decided the result, and the result."""
    chosen = (
        "data",
        "size",
        "normalize",
        "augment",
        "model",
        "epochs",
        "batch_size",
        "lr",
        "seed",
        "backend",
    )
    return {
        "fastconv": __version__,
        **{name: getattr(options, name) for name in chosen},
        "optimizer": "Adam",
        "label_smoothing": LABEL_SMOOTHING,
        "train_images": len(data.train[1]),
        "test_images": len(data.test[1]),
        "input_shape": data.input_shape,
        "classes": data.classes,
        "source": data.source,
        "architecture": description(model),
        "test_accuracy": accuracy,
    }
