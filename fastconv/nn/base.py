"""What every layer has: parameters, layers inside, shapes, prediction; the form of forward and backward."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from fastconv import backends, exchange, validate
from fastconv.interop import safetensors
from fastconv.nn.architecture import LAYERS, recorded
from fastconv.nn.classes import Classes, class_names, labelled
from fastconv.nn.contract import built_in, checked_layer, states_its_shape
from fastconv.nn.inputs import as_input
from fastconv.nn.named import named
from fastconv.nn.notebook import layer_table
from fastconv.nn.summary import Row, Summary
from fastconv.nn.tree import Gradients, Tree
from fastconv.ops.chosen import Chosen
from fastconv.plan.planned import Unplanned
from fastconv.plan.prediction import Prediction
from fastconv.plan.record import UnplannedError
from fastconv.types import Array, Shape

Backward = Callable[..., tuple[Array | None, Gradients]]
"""`backward(dy, input_gradient=True) -> (dx, gradients)`; dx is None where `input_gradient` is False."""

BATCH_SIZE = 32
"""Samples in a batch of training, by default."""
SAMPLES = 256
"""How many samples run through a model at a time where nothing is trained."""

INPUT = "input"
"""The name of a model's input, as what a node reads."""

ELSEWHERE = {
    "trainable": "freeze()",
    "requires_grad": "freeze()",
    "training": "forward(x, training=...)",
}
"""Settings that layers have in other libraries, and what does the same here."""


class Node(NamedTuple):
    """A layer at its place in a model: its name there, and the names of the nodes whose outputs it takes."""

    name: str
    layer: "Layer"
    inputs: tuple[str, ...]


class Layer(Tree):
    """A function with parameters, and its gradient.

    A layer of your own derives from this class and defines `forward(x, training=True) -> (y, backward)`,
    where `backward(dy, input_gradient=True) -> (dx, gradients)` is a closure over what the gradient needs. It
    holds its parameters in the dict `_parameters`, overrides `output_shape` where the shape changes, and
    `config` where its constructor takes arguments. No state of a call stays in the layer, so that one model
    serves many threads.

    Layers that are set as attributes belong to it, as in PyTorch: their parameters are among its parameters,
    under names such as `body.0.weight`, and its backward returns their gradients under these names.
    `multiply_adds` says what they add up to, for the summary. A residual block:

        class Block(nn.Layer):
            def __init__(self, channels):
                super().__init__()
                self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())

            def forward(self, x, training=True):
                y, body = self.body.forward(x, training)

                def backward(dy, input_gradient=True):
                    dx, gradients = body(dy, input_gradient)
                    return (dx + dy if input_gradient else None), nn.prefixed("body", gradients)

                return y + x, backward
    """

    states_its_shape: ClassVar[bool] = True
    """Whether `output_shape` belongs to this class's `forward`; see `contract.states_its_shape`."""
    takes_images: ClassVar[bool] = False
    """Whether one sample has to be an image (C, H, W)."""

    takes_several: ClassVar[bool] = False
    """Whether forward takes a tuple of arrays, as a node of a `Graph` that reads several."""

    _classes: Classes | None = None
    _preparation: dict[str, Any] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.states_its_shape = states_its_shape(cls)
        if built_in(cls) and cls.__name__[0] != "_" and cls.forward is not Layer.forward:
            LAYERS[cls.__name__] = cls
        if "forward" in vars(cls) and not built_in(cls):
            cls.forward = checked_layer(cls.forward)  # type: ignore[method-assign]
            cls._predicted = Layer._predicted  # type: ignore[method-assign] # which goes through this forward

    def _checked(self, name: str, value: Any) -> Any:
        if callable(getattr(Layer, name, None)) and not callable(value):
            needs = "to stay what it is in every layer; another name would fit"
            raise validate.wrong_type(type(self).__name__, name, type(value).__name__, needs)
        return super()._checked(name, value)

    def _unknown(self, name: str) -> None:
        """Refuses a name without effect; a user's class may have any other attributes."""
        if name in ELSEWHERE and not hasattr(self, name):
            raise AttributeError(
                f"{type(self).__name__}: {name}: there is no such setting; {ELSEWHERE[name]} would fit"
            )
        if built_in(type(self)):
            super()._unknown(name)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The output y for a batch x, and the closure that maps dL/dy to dL/dx and the parameters' gradients.

        `training=False` switches off what only training does (dropout); the gradient is exact in both cases.
        Call `backward` before the parameters are updated: it reads them as they are then.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no forward")

    def __call__(self, x: Array) -> Array:
        """The output for a batch x, as in prediction; keeps nothing for a gradient."""
        if type(x) is not np.ndarray:
            x = exchange.taken(type(self).__name__, "x", x)
        plan = self._plans.prediction(x, self._planned)
        return self._predicted(x) if plan is None else plan(x)

    def plan(self, input_shape: Shape, batch_size: int = 1) -> Prediction | Unplanned:
        """What predictions for batches of inputs of this shape (without the batch axis) are planned as.

        Printed, a table of operations, kernels and bytes; `plan.profile()` measures the time of each. Where
        layers compute one by one it says why. ValueError for a shape that does not fit.
        """
        shape = validate.size("plan", "input_shape", input_shape)
        self.output_shape(shape)
        samples = validate.integer("plan", "batch_size", batch_size)
        own = (array.dtype for array in self.parameters().values())
        x = np.empty((samples, *shape), next(own, np.dtype(np.float32)))
        return self._plans.seen(x, self._planned)

    def _predicted(self, x: Array) -> Array:
        """The output for a batch x, layer by layer."""
        return self.forward(x, training=False)[0]

    def _planned(self, x: Array) -> Prediction:
        """The plan of predictions for batches like x."""
        if not all(built_in(type(layer)) for layer in self.modules()):
            raise UnplannedError("a layer of the user's")
        with named(self):
            return Prediction(self._predicted, x, self._state())

    def predict(self, x: Array, batch_size: int = SAMPLES) -> Array:
        """The outputs for all of x (N, ...), computed `batch_size` samples at a time.

        x is an array in the dtype of the parameters, another library's too, or a list of numbers or arrays.
        Images of uint8 (N, ...) with at least two more axes are divided by 255, batch by batch, as
        `Trainer.fit` does; the logger "fastconv" says so once. TypeError where x is of another dtype,
        ValueError where it is no batch of what the model takes.
        """
        batch_size = validate.integer("predict", "batch_size", batch_size)
        convert = None
        kind = (x.ndim, x.shape[1:], x.dtype) if isinstance(x, np.ndarray) else None
        if kind not in self._taken:
            x, convert = as_input(self, x)  # TypeError for what is no array
            if kind and not convert:
                self._taken.add(kind)
        if len(x) <= batch_size:
            return self(convert(x) if convert else x)
        parts = (x[i : i + batch_size] for i in range(0, len(x), batch_size))
        return np.concatenate([self(convert(part) if convert else part) for part in parts])

    def predict_labels(self, x: Array, batch_size: int = SAMPLES) -> Array:
        """The class of each sample of x, or of each of its pixels: (N,) or (N, d1, ...).

        It is the one with the largest of the outputs (N, C) or (N, C, d1, ...), as its label in `classes`
        where there are any, else as its number from 0 to C - 1. ValueError for outputs that are no classes.
        """
        return labelled("predict_labels", self.predict(x, batch_size), self._classes)

    @property
    def classes(self) -> Any:
        """The label of each output, strings or integers; None where outputs are numbered from 0.

        `Trainer.fit` sets it where it learned them from its targets, and files hold it. It may be set before,
        in the order of the outputs. A layer of your own may have another attribute of this name.
        """
        return vars(self).get("classes", self._classes)

    @classes.setter
    def classes(self, value: Any) -> None:
        own = "classes" in vars(self) or "_complete" not in vars(self)
        if own and not built_in(type(self)):  # a constructor that keeps an argument of this name
            vars(self)["classes"] = value
        else:
            self._classes = class_names(type(self).__name__, value)

    @property
    def preparation(self) -> dict[str, Any] | None:
        """What has to happen to an image file before the model sees it, as JSON can hold it; None: nothing.

        Set it to a data set's: `model.preparation = data.preparation`. Files hold it, and the commands
        `predict` and `evaluate` do it. TypeError for what is neither that nor a dict nor None.
        """
        return self._preparation

    @preparation.setter
    def preparation(self, value: Any) -> None:
        state = value.state_dict() if hasattr(value, "state_dict") else value
        if state is not None and not isinstance(state, dict):
            needs = "a data set's preparation, or None"
            raise validate.wrong_type(type(self).__name__, "preparation", type(value).__name__, needs)
        self._preparation = state

    def leaves(self) -> Iterator[tuple[str, "Layer"]]:
        """The layers that this one runs one after the other, by name; where it is no sequence, itself."""
        yield "", self

    def nodes(self, name: str = "", *sources: str) -> list[Node]:
        """The layers that compute the output, each after those that it reads; the last gives the output.

        A container stands for the layers inside it. `name` is this layer's in the model, `sources` what it
        reads: the model's input, if nothing is named.
        """
        sources = sources or (INPUT,)
        if self.takes_several or not built_in(type(self).forward):
            return [Node(name, self, sources)]
        nodes = self._parts(name, *sources)
        return [Node(name, self, sources)] if nodes is None else nodes

    def _parts(self, name: str, source: str) -> list[Node] | None:
        """The nodes inside a container; None of what is no container."""
        return None

    def _trains(self) -> bool:
        """Whether there are parameters that are not frozen."""
        return len(self.parameters()) > len(self.frozen())

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output for one input of this shape, both without the batch axis.

        ValueError for a shape that does not fit: the layer, what it got, what it needs, and what would fit.
        """
        return tuple(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications (each with its addition) in the forward pass of one input of this shape.

        A user's layer overrides this, with the sum over the layers inside it.
        """
        return 0

    def _chosen(self, batch_shape: Shape) -> Chosen | None:
        """The algorithms that compute a batch of this shape, where there is a choice: `fastconv.chosen`."""
        return None

    def rows(self, input_shape: Shape, name: str = "") -> list[Row]:
        """The lines of `summary`: one a layer."""
        count = sum(array.size for array in self.parameters().values())
        shape, cost = self.output_shape(input_shape), self.multiply_adds(input_shape)
        row = Row(f"{name} {type(self).__name__}".strip(), shape, count, cost)
        if backends.name() != "numba":
            return [row]
        # A process without compiled kernels, and a layer too large for a batch, have a summary, too.
        with contextlib.suppress(ImportError, ValueError):
            if chosen := self._chosen((BATCH_SIZE, *input_shape)):
                return [row._replace(algorithms=chosen.names)]
        return [row]

    def summary(self, input_shape: Shape) -> Summary:
        """A table of layer, output shape, parameters and multiply-adds for one input of this shape.

        Its last column has the algorithms of the compiled kernels in training, with batches of 32 inputs: of
        the forward pass, the input gradient and the weight gradient, as `fastconv.chosen` explains them.
        """
        rows = self.rows(validate.size("summary", "input_shape", input_shape))
        return Summary(rows, sum(array.size for array in self.parameters().values()))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Class and arguments, as JSON can hold them: what a file says of the architecture."""
        inside = self._inside() if built_in(type(self).__init__) else {}
        return {"class": type(self).__name__, **self.config(), **inside}

    def _inside(self) -> dict[str, Any]:
        """The descriptions of the layers that its constructor is given."""
        return {}

    @classmethod
    def from_description(cls, arguments: dict[str, Any]) -> "Layer":
        """The layer that `describe` described, freshly initialised, from all in it but the class."""
        return cls(**arguments)

    def save(self, path: str | Path) -> None:
        """Writes architecture and parameters to one safetensors file, for `fastconv.load`.

        A file at `path` is replaced whole or not at all. ValueError for a model with layers that are neither
        fastconv's nor registered (`fastconv.register`), which `load` could not build.
        """
        safetensors.write(path, recorded(self), self.state_dict())

    def _settings(self) -> list[str]:
        """The constructor's arguments that are not their defaults, as text."""
        given = inspect.signature(type(self)).parameters
        defaults = {name: getattr(p.default, "__name__", p.default) for name, p in given.items()}
        return [f"{name}={value!r}" for name, value in self.config().items() if value != defaults.get(name)]

    def _repr_html_(self) -> str:
        """A table for notebooks: every layer by its name, with its settings and parameters."""
        return layer_table(self)

    def __repr__(self) -> str:
        shown = self._settings()
        inside = [f"({name}): {layer!r}".replace("\n", "\n  ") for name, layer in self.children().items()]
        text = "".join(f"\n  {line}" for line in [*shown, *inside]) + "\n" if inside else ", ".join(shown)
        return f"{type(self).__name__}({text})"


def passed(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
    """The closure of a layer that the one before it computes: the gradient goes through as it is."""
    return (dy if input_gradient else None), {}
