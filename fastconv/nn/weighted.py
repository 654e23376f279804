"""What layers with a weight and a bias share: convolutions and Linear."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.nn.arguments import generator
from fastconv.nn.base import Layer
from fastconv.types import Array, Shape

_drawn: ContextVar[bool] = ContextVar("drawn", default=True)


@contextlib.contextmanager
def undrawn() -> Iterator[None]:
    """Layers that are made in this block have parameters of any numbers, which are overwritten anyway."""
    token = _drawn.set(False)
    try:
        yield
    finally:
        _drawn.reset(token)


class WeightedLayer(Layer):
    """A layer whose parameters are a weight (outputs, ...) and, if it has one, a bias (outputs,).

    Where the outputs are not the weight's first axis, the constructor is told how many they are.
    """

    def __init__(
        self, shape: Shape, bias: bool, dtype: DTypeLike, seed: int | None, outputs: int | None = None
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.dtype = validate.float_type(name, "dtype", dtype)
        self._parameters["weight"] = np.empty(shape, self.dtype)
        if validate.flag(name, "bias", bias):
            self._parameters["bias"] = np.empty(outputs or shape[0], self.dtype)
        rng = generator(name, "seed", seed)
        if _drawn.get():
            self.initialize(rng)

    @property
    def weight(self) -> Array:
        """The weight itself; write into it with `layer.weight[...] = values`."""
        return self._parameters["weight"]

    @weight.setter
    def weight(self, value: Array) -> None:
        keep(self, "weight", value)

    @property
    def bias(self) -> Array | None:
        """The bias (outputs,) itself, or None."""
        return self._parameters.get("bias")

    @bias.setter
    def bias(self, value: Array | None) -> None:
        keep(self, "bias", value)

    def initialize(self, rng: np.random.Generator) -> None:
        """Draws weight and bias from the uniform distribution on ±1/√fan_in.

        fan_in is the number of inputs of one output, by PyTorch's count: the elements of weight[0]. This is
        its default: `kaiming_uniform_` with a = √5.
        """
        fan_in = self.weight[0].size
        bound = 1 / np.sqrt(fan_in)
        for array in self._parameters.values():
            array[...] = rng.uniform(-bound, bound, array.shape)
        super().initialize(rng)


def keep(layer: Layer, name: str, value: object) -> None:
    """Refuses another array as a parameter, since optimizers hold this one; `layer.weight *= 2` sets it."""
    mine = layer._parameters.get(name)
    if value is not mine:
        needs = f"write into it with layer.{name}[...] = values" if mine is not None else "it has none"
        raise AttributeError(f"{type(layer).__name__}: {name}: got a new value, needs to stay; {needs}")
