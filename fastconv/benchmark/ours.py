"""fastconv as a user calls it: `functional`, `grad` and `optim`, images in channels-last memory."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from fastconv import functional, grad, nn, optim, reference
from fastconv.benchmark import inputs, networks
from fastconv.benchmark.rows import Row
from fastconv.benchmark.task import Task
from fastconv.kernels.engine import jit, machine
from fastconv.ops.chosen import chosen
from fastconv.training.trainer import Trainer
from fastconv.types import Array

IMAGES = {"input", "grad_output"}
"""The operands of a convolution whose memory is channels-last."""


class Fastconv:
    """The library itself."""

    def task(self, row: Row, which: str) -> Task:
        """One pass of one row."""
        return _BUILDERS[row.kind](row, which)

    def describe(self) -> dict[str, str]:
        """CPU, threads and threading layer."""
        return {**machine.describe(), **jit.describe()}


def channels_last(array: Array) -> Array:
    """The same (N, C, H, W) array with the channels of a pixel side by side in memory."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def _conv(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    x, weight, bias, dy = _operands(a | {name: channels_last(a[name]) for name in a.keys() & IMAGES})
    options = (row.stride, row.option("padding"), row.option("dilation", 1), row.groups)
    filters, *taps = row.layer
    weight_size = (filters, row.size[1] // row.groups, *taps)
    calls: dict[str, Callable[[], Any]] = {
        "forward": lambda: functional.conv2d(x, weight, bias, *options),
        "input": lambda: grad.conv2d_input(row.size, weight, dy, *options),
        "weight": lambda: grad.conv2d_weight(x, weight_size, dy, *options),
    }
    return Task(calls[which], _one, chosen("conv2d", row.size, weight_size, *options)[which].algorithm)


def _dense(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    x, weight, bias, dy = _operands(a)
    calls: dict[str, Callable[[], Any]] = {
        "forward": lambda: functional.linear(x, weight, bias),
        "input": lambda: grad.linear_input(weight, dy),
        "weight": lambda: grad.linear_weight(x, dy),
    }
    return Task(calls[which], _one, chosen("linear", row.size, (*row.layer, row.size[1]))[which].algorithm)


def _max_pool(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    x = channels_last(a["input"])
    height, width = row.layer
    window, stride, padding = (height, width), row.stride, row.option("padding")
    algorithm = chosen("max_pool2d", row.size, window, stride, padding)[which].algorithm
    if which == "forward":
        forward = partial(functional.max_pool2d, x, window, stride, padding, return_indices=True)
        return Task(forward, list, algorithm)
    _, indices = functional.max_pool2d(x, window, stride, padding, return_indices=True)
    dy = channels_last(a["grad_output"])
    return Task(lambda: grad.max_pool2d_input(dy, indices, row.size), _one, algorithm)


def _avg_pool(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    height, width = row.layer
    window, stride, padding = (height, width), row.stride, row.option("padding")
    algorithm = chosen("avg_pool2d", row.size, window, stride, padding)[which].algorithm
    if which == "forward":
        x = channels_last(a["input"])
        return Task(lambda: functional.avg_pool2d(x, window, stride, padding), _one, algorithm)
    dy = channels_last(a["grad_output"])
    return Task(lambda: grad.avg_pool2d_input(dy, row.size, window, stride, padding), _one, algorithm)


def _adaptive_avg_pool(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    height, width = row.layer
    if which == "forward":
        x = channels_last(a["input"])
        return Task(lambda: functional.adaptive_avg_pool2d(x, (height, width)), _one)
    dy = channels_last(a["grad_output"])
    return Task(lambda: grad.adaptive_avg_pool2d_input(dy, row.size), _one)


def _activation(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    x, dim = a["input"], (1,) if row.kind == "softmax" else ()
    forward, backward = getattr(functional, row.kind), getattr(grad, f"{row.kind}_input")
    if which == "forward":
        return Task(lambda: forward(x, *dim), _one)
    y, dy = getattr(reference, row.kind)(x, *dim), a["grad_output"]
    return Task(lambda: backward(y, dy, *dim), _one)


def _cross_entropy(row: Row, which: str) -> Task:
    a = inputs.arrays(row, which)
    x, target = a["input"], a["target"]
    if which == "forward":
        return Task(lambda: functional.cross_entropy(x, target), _one)
    return Task(lambda: (functional.cross_entropy(x, target), grad.cross_entropy_input(x, target)), list)


def _optimizer(row: Row, which: str) -> Task:
    arrays = inputs.parameters(row, "parameter")
    parameters = {str(number): array for number, array in enumerate(arrays)}
    gradients = dict(zip(parameters, inputs.parameters(row, "gradient"), strict=True))
    rule: optim.Optimizer = (
        optim.SGD(parameters, inputs.LEARNING_RATE, inputs.MOMENTUM)
        if row.kind == "sgd"
        else optim.Adam(parameters, inputs.LEARNING_RATE)
    )
    return Task(lambda: rule.step(gradients), lambda _: arrays)


def _network(row: Row, which: str) -> Task:
    x, y = networks.batch(row)
    if x.ndim == 4:
        x = channels_last(x)
    if which == "predict":
        model = networks.model(row)
        return Task(lambda: model.predict(x), _one)

    def begin(model: nn.Sequential, learning_rate: float) -> Callable[[], float]:
        rule = optim.SGD(model.parameters(), learning_rate, networks.MOMENTUM)
        trainer = Trainer(model, networks.loss(row), rule)
        return lambda: trainer.step(x, y)

    return networks.training(row, begin)


def _operands(arrays: dict[str, Array]) -> tuple[Any, Any, Any, Any]:
    """Input, weight, bias and output gradient; None for what the pass does not take."""
    x, weight, bias, dy = (arrays.get(name) for name in ("input", "weight", "bias", "grad_output"))
    return x, weight, bias, dy


def _one(result: Any) -> list[Array]:
    return [np.asarray(result)]


_BUILDERS: dict[str, Callable[[Row, str], Task]] = {
    "conv": _conv,
    "dense": _dense,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "adaptive_avg_pool": _adaptive_avg_pool,
    "relu": _activation,
    "sigmoid": _activation,
    "softmax": _activation,
    "cross_entropy": _cross_entropy,
    "sgd": _optimizer,
    "adam": _optimizer,
    "network": _network,
}
