"""Dropout of elements and of whole channels."""

from typing import Any, ClassVar

import numpy as np

from fastconv import functional as F
from fastconv import validate
from fastconv.attributes import Checks
from fastconv.backends import active
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients, Layer, passed
from fastconv.ops.dropout import channel_mask_shape
from fastconv.types import Array, Shape


class Dropout(Layer):
    """y = x · m / (1 - p) in training, where each m is 0 with probability p, else 1; y = x in prediction.

    dx = dy · m / (1 - p). Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting", 2014. The masks come from the layer's own generator: the same seed gives the same training.

    **Arguments:**

    - `p`: the probability with which an element becomes 0, from 0 to 1.
    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    - `seed`: the beginning of the random numbers, a whole number of at least 0; None is another beginning
      each time.
    """

    checks: ClassVar[Checks] = {"p": arguments.probability, "rng": arguments.random_generator}

    def __init__(self, p: float = 0.5, inplace: bool = False, *, seed: int | None = None) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)
        self.p = p
        self.rng = arguments.generator(type(self).__name__, "seed", seed)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x with random elements set to 0 and the others scaled up, and the gradient's closure."""
        x = validate.native(type(self).__name__, "x", x)
        if not (training and self.p > 0):
            return x, passed
        shape = self._mask_shape(x.shape)
        mask = active().filled(shape, x.dtype, lambda: F.dropout_mask(shape, self.p, self.rng, x.dtype))

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (F.multiply(dy, mask) if input_gradient else None), {}

        return F.multiply(x, mask), backward

    def _mask_shape(self, shape: Shape) -> Shape:
        """The shape of the mask of an input of this shape."""
        return shape

    def initialize(self, rng: np.random.Generator) -> None:
        """Starts the layer's generator anew."""
        self.rng = np.random.default_rng(rng.integers(2**63))

    def generators(self) -> dict[str, np.random.Generator]:
        """The generator of the masks."""
        return {"rng": self.rng}

    def config(self) -> dict[str, Any]:
        """The probability of a zero."""
        return {"p": self.p}


class Dropout2d(Dropout):
    """y = x · m / (1 - p) in training, where each m of a channel is 0 with probability p, else 1.

    All elements of a channel of a sample have one m, because neighbouring pixels tell nearly the same; y = x
    in prediction, dx = dy · m / (1 - p). Tompson et al., "Efficient object localization using convolutional
    networks", 2015.

    **Arguments:**

    - `p`: the probability with which a channel becomes 0, from 0 to 1.
    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    - `seed`: the beginning of the random numbers, a whole number of at least 0; None is another beginning
      each time.
    """

    def _mask_shape(self, shape: Shape) -> Shape:
        return channel_mask_shape(type(self).__name__, shape)
