"""Sequential: layers one after the other."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, overload

import numpy as np

from fastconv.nn.activation import ReLU
from fastconv.nn.architecture import build
from fastconv.nn.arguments import generator
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.nn.conv import Conv2d
from fastconv.nn.inputs import put_name
from fastconv.nn.summary import Row
from fastconv.types import Array, Shape


class Sequential(Layer):
    """y = f_n(… f_2(f_1(x))); backwards, each layer's closure in reverse order: the chain rule.

    The parameters are named by their layer's index, as in PyTorch: `0.weight`. `model[2]` is a layer,
    `model[:2]` a model of the first two, on the same arrays. An error names the layer at which it happened:
    `3 (Linear): ...`.

    **Arguments:**

    - `layers`: the layers, each an argument, in the order in which they run. TypeError for anything else,
      ValueError where a layer with parameters is there twice.
    - `seed`: draws the parameters of all layers anew, each layer's from its own stream, so that they depend
      on the seed alone. None keeps what the layers have.
    """

    def __init__(self, *layers: Layer, seed: int | None = None) -> None:
        super().__init__()
        for index, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                got = f"the class {layer.__name__}" if isinstance(layer, type) else type(layer).__name__
                needs = "a layer, as in Sequential(nn.Flatten(), nn.Linear(64, 10))"
                raise TypeError(f"Sequential: argument {index}: got {got}, needs {needs}")
        self._layers = layers
        arrays = [id(array) for array in self.parameters().values()]
        if len(set(arrays)) < len(arrays):
            raise ValueError("Sequential: got a layer with parameters twice, needs each to be its own layer")
        # Below the first layer with parameters no gradient is asked for, unless dx itself is.
        self._first = next((i for i, layer in enumerate(layers) if layer.parameters()), len(layers))
        pairs = enumerate(pairwise(layers))
        self._rectified = {i for i, pair in pairs if [*map(type, pair)] == [Conv2d, ReLU]}
        if seed is not None:
            self.initialize(generator("Sequential", "seed", seed))

    def _check_single(self, name: str, value: Any) -> None:
        if name != "_layers":
            super()._check_single(name, value)

    def children(self) -> dict[str, Layer]:
        """The layers by index, and those that are attributes of a user's class."""
        return {**{str(i): layer for i, layer in enumerate(self._layers)}, **super().children()}

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """The layers, each with its name; in place of a Sequential inside, its layers: `3.1`."""
        if type(self).forward is not Sequential.forward:
            yield from super().leaves()
            return
        for index, layer in enumerate(self._layers):
            for name, leaf in layer.leaves():
                yield f"{index}.{name}" if name else str(index), leaf

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The last layer's output, and a closure that runs the layers' closures backwards."""
        closures: list[Backward] = []
        for index, layer in enumerate(self._layers):
            try:
                x, closure = self._step(index, layer, x, training)
            except (TypeError, ValueError) as error:
                _locate(error, index, layer, x)
                raise
            closures.append(closure)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            dx: Array | None = dy
            found: dict[int, Gradients] = {}
            last = 0 if input_gradient else self._first
            for index in range(len(closures) - 1, last - 1, -1):
                try:
                    dx, found[index] = closures[index](dx, input_gradient=input_gradient or index > last)
                except (TypeError, ValueError) as error:
                    _locate(error, index, self._layers[index])
                    raise
            gradients = {f"{i}.{name}": g for i in sorted(found) for name, g in found[i].items()}
            return (dx if input_gradient else None), gradients

        return x, backward

    def __call__(self, x: Array) -> Array:
        """The last layer's output, as in prediction."""
        for index, layer in enumerate(self._layers):
            try:
                x, _ = self._step(index, layer, x, training=False)
            except (TypeError, ValueError) as error:
                _locate(error, index, layer, x)
                raise
        return x

    def _step(self, index: int, layer: Layer, x: Array, training: bool) -> tuple[Array, Backward]:
        """One layer's forward. A convolution before a ReLU stores the positive part of its results."""
        if index in self._rectified and isinstance(layer, Conv2d):
            return layer.forward(x, training, relu=True)
        if index - 1 in self._rectified and isinstance(layer, ReLU):
            return x, layer.backward_of(x)
        return layer.forward(x, training)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape after the last layer."""
        return self._shapes(input_shape)[-1]

    def multiply_adds(self, input_shape: Shape) -> int:
        """The sum over all layers."""
        shapes = self._shapes(input_shape)
        return sum(layer.multiply_adds(shape) for layer, shape in zip(self._layers, shapes, strict=False))

    def rows(self, input_shape: Shape, name: str = "") -> list[Row]:
        """The lines of `summary`: those of all layers."""
        pairs = zip(self._layers, self._shapes(input_shape), strict=False)
        prefix = f"{name}." if name else ""
        return [row for i, (layer, shape) in enumerate(pairs) for row in layer.rows(shape, f"{prefix}{i}")]

    def describe(self) -> dict[str, Any]:
        """The class and the descriptions of all layers."""
        return {"class": type(self).__name__, "layers": [layer.describe() for layer in self._layers]}

    @classmethod
    def from_description(cls, arguments: dict[str, Any]) -> "Sequential":
        """A sequence of the described layers, freshly initialised."""
        if not isinstance(arguments.get("layers"), list):
            raise ValueError("architecture: got a Sequential without a list of layers")
        return cls(*map(build, arguments["layers"]))

    def _shapes(self, shape: Shape) -> list[Shape]:
        """The shapes between the layers: what enters each of them, then what leaves the last."""
        shapes = [tuple(shape)]
        for index, layer in enumerate(self._layers):
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except ValueError as error:
                _locate(error, index, layer)
                raise
        return shapes

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index: int | slice) -> Layer:
        if isinstance(index, slice):
            return Sequential(*self._layers[index])
        return self._layers[index]

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


def _locate(error: Exception, index: int, layer: Layer, x: Array | None = None) -> None:
    """Puts the layer's name in front of the message, which for a misfit of shapes is `output_shape`'s."""
    if isinstance(error, ValueError) and isinstance(x, np.ndarray):
        try:
            layer.output_shape(x.shape[1:])
        except ValueError as misfit:
            error.args = misfit.args
    put_name(error, str(index), layer, "." if isinstance(layer, Sequential) else "")
