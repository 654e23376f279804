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

    def task(self, row: Row, which: str) -> Task:
        """A step or the prediction of a network."""
        jax, jnp, layout = self.jax, self.jax.numpy, self.layout
        x, y = (jnp.array(layout.laid_out(array)) for array in networks.batch(row))
        if which == "predict":
            network = self.layers.Network(networks.model(row), row.size[1:], layout)
            state = network.parameters, network.buffers
            predict = jax.jit(lambda *arrays: network(*arrays, training=False)[0])
            return Task(lambda: np.asarray(predict(*state, x)), lambda result: [layout.usual(result)])
        loss = partial(self.layers.LOSSES[type(networks.loss(row))], layout)

        def begin(model: nn.Sequential, learning_rate: float) -> Callable[[], float]:
            network = self.layers.Network(model, row.size[1:], layout)
            compiled = self.layers.step(network, loss, learning_rate, networks.MOMENTUM)
            state = network.parameters, jax.tree.map(jnp.zeros_like, network.parameters), network.buffers

            def step() -> float:
                nonlocal state
                *state, value = compiled(*state, x, y)
                return float(value)

            return step

        return networks.training(row, begin)

    def describe(self) -> dict[str, str]:
        """Version and threads."""
        return {"JAX": f"{self.jax.__version__}, threads: {self.threads}"}
