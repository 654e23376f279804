"""What every layer has: parameters, shapes, prediction; and the form of forward and backward."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.nn.summary import Row, Summary
from fastconv.types import Array, Shape

Gradients = dict[str, Array]
"""The gradient of the loss with respect to each parameter, by the parameter's name."""

Backward = Callable[..., tuple[Array | None, Gradients]]
"""`backward(dy, input_gradient=True) -> (dx, gradients)`; dx is None where `input_gradient` is False."""


class Layer:
    """A function with parameters, and its gradient.

    A layer of one's own derives from this class and defines `forward(x, training=True) -> (y, backward)`,
    where `backward(dy, input_gradient=True) -> (dx, gradients)` is a closure over what the gradient needs. It
    holds its parameters in the dict `_parameters`, overrides `output_shape` where the shape changes, and
    `config` where its constructor takes arguments. No state of a call stays in the layer, so that one model
    serves many threads.
    """

    def __init__(self) -> None:
        self._parameters: dict[str, Array] = {}

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The output y for a batch x, and the closure that maps dL/dy to dL/dx and the parameters' gradients.

        `training=False` switches off what only training does (dropout); the gradient is exact in both cases.
        Call `backward` before the parameters are updated: it reads them as they are then.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no forward")

    def __call__(self, x: Array) -> Array:
        """The output for a batch x, as in prediction; keeps nothing for a gradient."""
        return self.forward(x, training=False)[0]

    def predict(self, x: Array, batch_size: int = 256) -> Array:
        """The outputs for all of x (N, ...), computed `batch_size` samples at a time."""
        batch_size = validate.integer("predict", "batch_size", batch_size)
        if not isinstance(x, np.ndarray) or x.ndim == 0:
            raise TypeError(f"predict: x: got {_kind(x)}, needs an array with a batch axis")
        if len(x) <= batch_size:
            return self(x)
        return np.concatenate([self(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])

    def initialize(self, rng: np.random.Generator) -> None:
        """Draws the parameters anew, in place; a layer without any ignores it."""

    def parameters(self) -> dict[str, Array]:
        """The parameter arrays themselves, by name: an optimizer updates them in place."""
        return dict(self._parameters)

    def generators(self) -> dict[str, np.random.Generator]:
        """The random generators that training draws from, by name: part of what a resumed run needs."""
        return {}

    def state_dict(self) -> dict[str, Array]:
        """Copies of the parameters, under PyTorch's names for the same model."""
        return {name: array.copy() for name, array in self.parameters().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copies arrays (or CPU tensors) of these names and shapes into the parameters, in their dtype.

        Anything that does not fit is a ValueError that lists it all, and then nothing has changed.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict: got {_kind(state)}, needs a dict of name and array")
        mine = self.parameters()
        arrays = {name: np.asarray(value) for name, value in state.items()}
        problems = [f"missing {name}" for name in mine if name not in arrays]
        problems += [f"unexpected {name}" for name in arrays if name not in mine]
        for name in mine.keys() & arrays.keys():
            if arrays[name].shape != mine[name].shape:
                problems.append(f"{name}: got shape {arrays[name].shape}, needs {mine[name].shape}")
            elif not np.issubdtype(arrays[name].dtype, np.floating):
                problems.append(f"{name}: got {arrays[name].dtype}, needs {mine[name].dtype}")
        if problems:
            raise ValueError(f"load_state_dict: {type(self).__name__}: {'; '.join(sorted(problems))}")
        for name, array in mine.items():
            array[...] = arrays[name]

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output for one input of this shape, both without the batch axis.

        ValueError for a shape that does not fit: the layer, what it got, what it needs, and what would fit.
        """
        return tuple(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications (each with its addition) in the forward pass of one input of this shape."""
        return 0

    def rows(self, input_shape: Shape, place: str = "") -> list[Row]:
        """The lines of `summary`: one a layer."""
        count = sum(array.size for array in self._parameters.values())
        shape, cost = self.output_shape(input_shape), self.multiply_adds(input_shape)
        return [Row(f"{place} {type(self).__name__}".strip(), shape, count, cost)]

    def summary(self, input_shape: Shape) -> Summary:
        """A table of layer, output shape, parameters and multiply-adds for one input of this shape."""
        return Summary(self.rows(validate.size("summary", "input_shape", input_shape)))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Class and arguments, as JSON can hold them: what a file says of the architecture."""
        return {"class": type(self).__name__, **self.config()}

    def save(self, path: str | Path) -> None:
        """Writes architecture and parameters to one safetensors file: `fastconv.persistence.save`."""
        from fastconv.persistence import save

        save(self, path)

    def __repr__(self) -> str:
        given = inspect.signature(type(self)).parameters
        defaults = {name: getattr(p.default, "__name__", p.default) for name, p in given.items()}
        shown = [f"{name}={value!r}" for name, value in self.config().items() if value != defaults.get(name)]
        return f"{type(self).__name__}({', '.join(shown)})"


class WeightedLayer(Layer):
    """What layers with a weight and a bias share: Conv2d and Linear."""

    def __init__(
        self, shape: Shape, outputs: int, bias: bool, dtype: DTypeLike = np.float32, seed: int | None = None
    ) -> None:
        super().__init__()
        self.dtype = float_type(type(self).__name__, dtype)
        self._parameters["weight"] = np.empty(shape, self.dtype)
        if bias:
            self._parameters["bias"] = np.empty(outputs, self.dtype)
        self.initialize(np.random.default_rng(seed))

    @property
    def weight(self) -> Array:
        """The weight itself; write into it with `layer.weight[...] = values`."""
        return self._parameters["weight"]

    @property
    def bias(self) -> Array | None:
        """The bias (outputs,) itself, or None."""
        return self._parameters.get("bias")

    def initialize(self, rng: np.random.Generator) -> None:
        """Draws weight and bias from the uniform distribution on ±1/√fan_in.

        fan_in is the number of inputs of one output. This is PyTorch's default: `kaiming_uniform_` with a =
        √5.
        """
        fan_in = self.weight[0].size
        bound = 1 / np.sqrt(fan_in)
        for array in self._parameters.values():
            array[...] = rng.uniform(-bound, bound, array.shape)


def float_type(name: str, dtype: DTypeLike) -> np.dtype[Any]:
    """This dtype as NumPy's object; TypeError where it is neither float32 nor float64."""
    result = np.dtype(dtype)
    if result not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(f"{name}: dtype: got {result}, needs float32 or float64")
    return result


def _kind(value: object) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
