"""`fastconv warmup`: kernels of a model, compiled before they are needed."""

import argparse
import time
from pathlib import Path

import numpy as np

from fastconv import models, nn, optim
from fastconv.cli import modelfile, text
from fastconv.plan.planned import Planned, Unplanned
from fastconv.training.descent import Descent
from fastconv.training.steps import Steps


def run(options: argparse.Namespace) -> int:
    """Compile what predictions and, with --train, steps of training need, and print how much that was."""
    from fastconv.kernels.engine.disk import folder

    start = time.perf_counter()
    model, shape = _model(options.model, options.shape)
    for batch_size in options.batch:
        plan = model.plan(shape, batch_size)
        print(f"prediction of {_samples(batch_size, shape)}: {_said(plan)}")
        if options.train:
            print(f"step with {_samples(batch_size, shape)}: {_said(_step(model, shape, batch_size))}")
    print(f"{time.perf_counter() - start:.1f} s; compiled kernels are kept in {folder() or 'no folder'}")
    return 0


def _model(name: str, shape: tuple[int, ...] | None) -> tuple[nn.Layer, tuple[int, ...]]:
    """A network by its name, or that of a file, and the shape of its input."""
    if name in models.names() and not Path(name).exists():
        if shape is None:
            raise ValueError(f"{name}: got no shape of an input, needs C,H,W")
        return models.build(name, shape, seed=0), shape
    model, _, shape = modelfile.with_shape(name, shape, "C,H,W behind it")
    return model, shape


def _step(model: nn.Layer, shape: tuple[int, ...], batch_size: int) -> Planned | Unplanned:
    """The plan of a step: classes where there are outputs of several, else yes or no for each output."""
    outputs = model.output_shape(shape)
    dtype = next(iter(model.parameters().values())).dtype
    x = np.zeros((batch_size, *shape), dtype)
    loss: nn.Loss = nn.BCEWithLogitsLoss()
    y = np.zeros((batch_size, *outputs), dtype)
    if outputs[0] > 1:
        loss, y = nn.CrossEntropyLoss(), np.zeros((batch_size, *outputs[1:]), np.int64)
    optimizer = optim.Adam(model.parameters())
    steps = Steps(model, loss, optimizer)
    steps.of((x, y, None), Descent(optimizer, frozenset(model.parameters()), None))
    return steps.latest


def _said(plan: Planned | Unplanned) -> str:
    if isinstance(plan, Unplanned):
        return str(plan)
    launches = plan.program.launches
    return text.count(len({(launch.kernel, repr(launch.arguments[0])) for launch in launches}), "kernel")


def _samples(batch_size: int, shape: tuple[int, ...]) -> str:
    return text.shape((batch_size, *shape))
