"""What layers with a factor and a summand for each normalised element share."""

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.nn.base import Layer
from fastconv.nn.weighted import keep
from fastconv.types import Array, Shape


class AffineLayer(Layer):
    """A layer that may have a weight, which begins as 1, and a bias, which begins as 0, of one shape."""

    def __init__(self, shape: Shape, weight: bool, bias: bool, dtype: DTypeLike) -> None:
        super().__init__()
        self.dtype = validate.float_type(type(self).__name__, "dtype", dtype)
        for name, wanted in (("weight", weight), ("bias", bias)):
            if wanted:
                self._parameters[name] = np.full(shape, name == "weight", self.dtype)

    @property
    def weight(self) -> Array | None:
        """The weight itself, or None; write into it with `layer.weight[...] = values`."""
        return self._parameters.get("weight")

    @weight.setter
    def weight(self, value: Array | None) -> None:
        keep(self, "weight", value)

    @property
    def bias(self) -> Array | None:
        """The bias itself, or None."""
        return self._parameters.get("bias")

    @bias.setter
    def bias(self, value: Array | None) -> None:
        keep(self, "bias", value)

    def initialize(self, rng: np.random.Generator) -> None:
        """Sets the weight to 1 and the bias to 0."""
        for name, array in self._parameters.items():
            array[...] = name == "weight"
        super().initialize(rng)
