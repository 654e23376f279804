"""`fastconv train`: train a network and write the run folder."""

import argparse
import contextlib
import math
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fastconv import __version__, models, nn
from fastconv import functional as F
from fastconv.backends import backend
from fastconv.cli import augmentation, modelfile, ranks, reports, settings, sources, text
from fastconv.cli.interrupts import Interrupts
from fastconv.cli.progress import EpochTable, FiniteLoss, SavesEpochs
from fastconv.cli.settings import CHECKPOINT
from fastconv.data import Dataset
from fastconv.data.augment import Compose
from fastconv.markup import columns
from fastconv.nn.architecture import description
from fastconv.optim.lr_scheduler.table import Schedule
from fastconv.optim.table import make, rate
from fastconv.plots.matrix import confusion_matrix
from fastconv.training.parallel import MPI
from fastconv.training.trainer import Trainer
from fastconv.types import Array

LABEL_SMOOTHING = 0.1
"""Chosen, with the other defaults, by cross-validation on the training images of the digits."""


def run(options: argparse.Namespace) -> int:
    """Train, measure the accuracy on the test images, and write the run folder."""
    begun = settings.fill(options)
    parallel = ranks.read(options)
    sources.check_size(options.size, options.data)
    name, data = sources.read(options.data, options.size)
    options.epochs = options.epochs or default_epochs(len(data.train[1]))
    options.lr = rate(options.optimizer, options.lr)
    changes = augmentation.read(options.augment, data.input_shape, len(data.classes))
    schedule = None if options.lr_schedule is None else Schedule("--lr-schedule", options.lr_schedule)
    if begun:
        settings.check_data(options.out, begun, _found(data))
        trainer = _resumed(options, parallel)
    else:
        trainer = _new(options, data, schedule, parallel)
    run_name = f"{name}-{options.model}"
    with (
        Interrupts() as interrupts,
        _folder(options, run_name, trainer.leads) as folder,
        backend(options.backend),
    ):
        _run(options, data, trainer, changes, folder, interrupts)
    return 0


def default_epochs(images: int) -> int:
    """30 passes, fewer over more than 8,000 images, at least 5."""
    return min(30, max(5, 240_000 // images))


def _new(
    options: argparse.Namespace, data: Dataset, schedule: Schedule | None, parallel: MPI | None
) -> Trainer:
    """The trainer of a network that is made as the options say.

    Label smoothing is for the gradient. What is shown and recorded is measured as `evaluate` does, without.
    """
    try:
        model = models.build(options.model, data.input_shape, len(data.classes), seed=options.seed)
    except ValueError as error:
        raise ValueError(f"--model {options.model}: {error}") from error
    loss = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING)
    optimizer = make(options.optimizer, model.parameters(), options.lr, options.weight_decay)
    if schedule is None:
        return Trainer(model, loss, optimizer, METRICS, parallel=parallel)
    steps = math.ceil(len(data.train[1]) / options.batch_size)
    scheduler = schedule.make(optimizer, options.epochs, steps)
    return Trainer(
        model, loss, optimizer, METRICS,
        lr_scheduler=scheduler, lr_scheduler_interval=schedule.interval, parallel=parallel,
    )  # fmt: skip


def _resumed(options: argparse.Namespace, parallel: MPI | None) -> Trainer:
    """The trainer of the last finished epoch."""
    trainer = Trainer.resume(Path(options.out) / CHECKPOINT, METRICS, parallel=parallel)
    if trainer.epochs >= options.epochs:
        needs = f"more --epochs than {trainer.epochs}"
        raise ValueError(f"--resume: {options.out} holds a run of all {trainer.epochs} epochs, needs {needs}")
    return trainer


@contextlib.contextmanager
def _folder(options: argparse.Namespace, name: str, leads: bool) -> Iterator[Path]:
    """The run folder; a run that ends before it wrote anything leaves no empty folder behind.

    Ranks that do not lead write nothing.
    """
    asked = Path(options.out or "runs")
    if options.resume or not leads:
        yield asked
        return
    new = [path for path in (asked, *asked.parents) if not path.exists()]
    if options.out is None:
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
    options: argparse.Namespace,
    data: Dataset,
    trainer: Trainer,
    changes: Compose | None,
    folder: Path,
    interrupts: Interrupts,
) -> None:
    """Train, and write what the finished epochs gave, which are fewer where something ended the training.

    All is written before anything is said of it: who should read it may have gone.
    """
    print(columns(_overview(options, data, trainer), "<<"), end="\n\n")
    started = time.perf_counter()
    shown, data = data, data.normalized() if options.normalize else data
    config = _config(options, data, trainer.model)
    saves = SavesEpochs(folder / CHECKPOINT, interrupts, lambda: settings.write(folder, config))
    trainer, end = _fit(options, data, trainer, changes, saves)
    if not trainer.leads:
        return
    task = modelfile.Task(data.input_shape, data.classes, data.preparation)
    modelfile.save(trainer.model, task, str(folder / "model.safetensors"))
    logits = trainer.model.predict(data.test[0])
    seconds = time.perf_counter() - started
    right = int((logits.argmax(axis=1) == data.test[1]).sum())
    config |= {"finished_epochs": trainer.epochs, "test_accuracy": right / len(logits)}
    settings.write(folder, config)
    _report(folder, shown, trainer.history.history, logits)

    print(f"\ntest accuracy {text.percent(right / len(logits))} ({right} of {len(logits)}), {seconds:.1f} s")
    if not reports.can_draw():
        print("no pictures without matplotlib: pip install 'fastconv[plots]'")
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    if options.profile:
        reports.profile(folder, trainer.plan)
    holds = f"{folder} holds what {trainer.epochs} of {text.count(options.epochs, 'epoch')} gave"
    if isinstance(end, ValueError):
        raise ValueError(f"{end}; {holds}") from end
    if interrupts.came or isinstance(end, KeyboardInterrupt):
        way = f"; fastconv train --resume --out {folder} goes on" if trainer.epochs < options.epochs else ""
        raise KeyboardInterrupt(f"interrupted: {holds}{way}")
    if end:
        raise end


def _fit(
    options: argparse.Namespace, data: Dataset, trainer: Trainer, changes: Compose | None, saves: SavesEpochs
) -> tuple[Trainer, BaseException | None]:
    """Train; the trainer after the last finished epoch, and what ended the training if something did."""
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", "the loss is")  # FiniteLoss says all of it
        try:
            trainer.fit(
                *data.train,
                epochs=options.epochs,
                batch_size=options.batch_size,
                validation_data=data.test,
                seed=options.seed,
                callbacks=[saves, FiniteLoss(), EpochTable(options.epochs)],
                progress=False,
                augment=changes,
            )
            saves.interrupts.hold()
        except (Exception, KeyboardInterrupt) as error:
            saves.interrupts.hold()
            if not saves.path.exists() or not trainer.leads:
                raise
            return Trainer.resume(saves.path, METRICS, parallel=trainer.parallel), error
    return trainer, None


def _cross_entropy(output: Array, target: Array) -> Array:
    return F.cross_entropy(output, target, reduction="none")


METRICS: Mapping[str, Any] = {"cross_entropy": _cross_entropy, "accuracy": "accuracy"}


def _report(folder: Path, data: Dataset, figures: Mapping[str, list[float]], logits: Array) -> None:
    """Write the figures and, where that is possible, the pictures."""
    recorded = zip(("loss", "accuracy", "val_loss", "val_accuracy"), EpochTable.figures, strict=True)
    history = {name: figures[figure] for name, figure in recorded}
    matrix = confusion_matrix(data.test[1], logits.argmax(axis=1), len(data.classes))
    reports.write_history(folder, history)
    reports.write_confusion(folder, matrix, data.classes)
    if reports.can_draw():
        (folder / "wrong.png").unlink(missing_ok=True)  # of fewer epochs, before this run was resumed
        reports.draw_curves(folder, history)
        reports.draw_wrong(folder, *data.test, F.softmax(logits, dim=1), data.classes)


def _overview(options: argparse.Namespace, data: Dataset, trainer: Trainer) -> list[tuple[str, str]]:
    found, done = _found(data), trainer.epochs
    size = trainer.model.summary(data.input_shape).parameters
    optimizer = f"{type(trainer.optimizer).__name__} {options.lr:g}"
    if options.weight_decay is not None:
        optimizer += f", weight decay {options.weight_decay:g}"
    rows = [
        (
            "data",
            f"{options.data}: {found['train_images']:,} images to train, {found['test_images']:,} to test, "
            f"{text.shape(data.input_shape)}, {len(data.classes)} classes",
        ),
        ("model", f"{options.model}: {text.count(size, 'parameter')}"),
        (
            "training",
            f"{text.count(options.epochs, 'epoch')}, batches of {options.batch_size}, {optimizer}, "
            f"label smoothing {LABEL_SMOOTHING}, seed {options.seed}, {options.backend}",
        ),
        ("ranks", "" if trainer.parallel is None else _ranks(trainer.parallel)),
        ("schedule", options.lr_schedule or ""),
        ("changes", options.augment or ""),
        ("resumed", f"after {text.count(done, 'epoch')}" if done else ""),
    ]
    return [row for row in rows if row[1]]


def _ranks(parallel: MPI) -> str:
    return f"{parallel.ranks}, {parallel.shards} shards of each batch"


def _found(data: Dataset) -> dict[str, Any]:
    """What config.json says of the data set."""
    return {
        "train_images": len(data.train[1]),
        "test_images": len(data.test[1]),
        "input_shape": data.input_shape,
        "classes": data.classes,
        "source": data.source,
    }


def _config(options: argparse.Namespace, data: Dataset, model: nn.Layer) -> dict[str, Any]:
    """Everything that decides the result."""
    return {
        "fastconv": __version__,
        **settings.chosen(options),
        "label_smoothing": LABEL_SMOOTHING,
        **_found(data),
        "preparation": data.preparation.state_dict(),
        "architecture": description(model),
    }
