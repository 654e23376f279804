"""JAX on the CPU: whole networks as jitted functions, with images in NCHW or in NHWC."""

import importlib
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.benchmark import networks
from fastconv.benchmark.rows import Row
from fastconv.benchmark.task import Task


class Jax:
    """One compiled function for a training step, whose state is donated, and one for a prediction."""

    def __init__(self, threads: int, layout: str) -> None:
        # JAX has as many threads as there are cores that the process may use.
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        # By name, so that fastconv is checked and imported where JAX is not installed.
        self.jax: Any = importlib.import_module("jax")
        self.jax.config.update("jax_platforms", "cpu")
        self.layers: Any = importlib.import_module("fastconv.benchmark.jax_layers")
        self.layout = getattr(self.layers, layout)
        self.threads = threads
        self.line, self.functions = "", dict[str, Any]()

    def task(self, row: Row, which: str) -> Task:
        """A step or the prediction of a network."""
        layers, layout, jnp = self.layers, self.layout, self.jax.numpy
        x, y = (jnp.array(layout.laid_out(array)) for array in networks.batch(row))
        if which == "predict":
            model = networks.model(row)
            state = layers.arrays(model, row.size[1:], layout)
            predict = self._once(row, "predict", lambda: layers.prediction(layers.Network(model, layout)))
            return Task(lambda: np.asarray(predict(*state, x)), lambda result: [layout.usual(result)])
        loss = partial(layers.LOSSES[type(networks.loss(row))], layout)

        def begin(model: nn.Sequential, learning_rate: float) -> Callable[[], float]:
            parameters, buffers = layers.arrays(model, row.size[1:], layout)
            state = parameters, self.jax.tree.map(jnp.zeros_like, parameters), buffers
            rates = learning_rate, networks.MOMENTUM
            key = f"{learning_rate} {model}"  # with the dropout
            compiled = self._once(row, key, lambda: layers.step(layers.Network(model, layout), loss, *rates))

            def step() -> float:
                nonlocal state
                *state, value = compiled(*state, x, y)
                return float(value)

            return step

        return networks.training(row, begin)

    def _once(self, row: Row, key: str, compiled: Callable[[], Any]) -> Any:
        """A compiled function for this row, which is kept until the next row comes."""
        if row.line != self.line:
            self.line, self.functions = row.line, {}
        if key not in self.functions:
            self.functions[key] = compiled()
        return self.functions[key]

    def describe(self) -> dict[str, str]:
        """Version and threads."""
        return {"JAX": f"{self.jax.__version__}, threads: {self.threads}"}
