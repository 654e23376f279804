"""`explain`: one pass through a model and its loss, written down as a person derives it."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fastconv import nn, validate
from fastconv.explanation.differences import Differences
from fastconv.explanation.losses import describe_loss
from fastconv.explanation.notation import Notation, Symbols, d, derivative, describe
from fastconv.explanation.result import Explanation
from fastconv.explanation.steps import Check, Formula, Part, Step
from fastconv.explanation.terms import forward_terms, gradient_terms
from fastconv.optim import SGD
from fastconv.types import Array


def explain(model: nn.Layer, loss: nn.Loss, x: Any, y: Any, lr: float = 0.1) -> Explanation:
    """Every intermediate value and every gradient of the chain rule for (x, y), with formulas and checks.

    x: one example in the model's input shape, or a batch of them. y: its target as `loss` takes it; for
    `BCEWithLogitsLoss` and `MSELoss` any numbers will do, as many as the output has. lr: the eta of the
    update that the last steps show. The model itself is not changed, and dropout is off, as in prediction.

    The values and gradients are those of the layers' own forward and backward. Each gradient carries the
    largest relative difference from central differences of the loss, taken in float64 on the reference
    backend; of gradients with more than 64 entries a sample of 16 is checked, in large models of 4. Only
    gradients that lead to a parameter are derived.

    Returns an `Explanation`: print it, leave it as a notebook cell's value, or iterate over its steps.
    TypeError and ValueError for what does not fit are those of the layers and of the loss; ValueError for an
    empty batch.
    """
    validate.instance("explain", "model", model, nn.Layer)
    validate.instance("explain", "loss", loss, nn.Loss)
    x, y = _as_batch(model, x, y)
    y = _as_target(loss, y, model(x))
    if model.frozen():  # what training leaves out is derived all the same
        model = copy.deepcopy(model)
        model.unfreeze()
    run = _Run(model, loss, x, y)
    steps = [*run.forward_steps(), *run.backward_steps(), *run.update_steps(model, lr)]
    names = " -> ".join(type(layer).__name__ for layer in [*run.layers, loss])
    return Explanation(f"{names}, {run.inputs[-1].dtype}", tuple(steps))


class _Run:
    """One pass forward and back, layer by layer, with everything on the way and its name."""

    def __init__(self, model: nn.Layer, loss: nn.Loss, x: Array, y: Array) -> None:
        leaves = list(model.leaves())
        self.prefixes = [index and f"{index}." for index, _ in leaves]
        self.layers = [layer for _, layer in leaves]
        self.loss, self.y = loss, y

        self.symbol, symbols = _symbols(self.layers, x)
        self.notations: list[Notation] = []
        self.inputs = [x]
        """What enters each layer, then the last output."""
        closures = []
        for index, layer in enumerate(self.layers):
            if index == len(self.layers) - 1 and isinstance(loss, nn.CrossEntropyLoss):
                symbols.output = "S"
            self.notations.append(describe(layer, self._input_symbol(index), symbols))
            output, closure = layer.forward(self.inputs[-1], training=False)
            self.inputs.append(output)
            closures.append(closure)
        symbols.output = ""
        self.loss_value, loss_backward = loss.forward(output, y)
        self.loss_notation = describe_loss(loss, self.notations[-1].output, output, y, symbols)

        indices = [index for index, notation in enumerate(self.notations) if notation.parameters]
        self.first = indices[0] if indices else len(self.layers)
        """The first layer with parameters: no gradient goes further back."""
        self.flow = [loss_backward()]
        """dL/d(last output), then dL/d(input) of each layer from the last to the one after the first."""
        self.gradients: dict[int, dict[str, Array]] = {}
        """The parameters' gradients by layer."""
        for index in range(len(self.layers) - 1, self.first - 1, -1):
            dx, found = closures[index](self.flow[-1], input_gradient=index > self.first)
            self.gradients[index] = {name: g for name, g in found.items() if g is not None}
            if dx is not None:
                self.flow.append(dx)

    def forward_steps(self) -> Iterator[Step]:
        """The input, each layer's parameters and output, the target, the loss."""
        yield _of_examples("forward", Formula(self.symbol, note="the input"), self.inputs[0])
        for index, (layer, notation) in enumerate(zip(self.layers, self.notations, strict=True)):
            for name, symbol in notation.parameters.items():
                line = Formula(symbol, note=f"the parameter {self.prefixes[index]}{name}")
                yield _of_parameter("forward", line, layer.parameters()[name].copy())
            x, y = self.inputs[index : index + 2]
            line = replace(notation.forward, terms=forward_terms(layer, notation, x, y))
            yield _of_examples("forward", line, y)
        for inner in self.loss_notation.inner:
            yield _of_examples("forward", inner.line, inner.value)
        yield _of_examples("forward", Formula(self.loss_notation.target, note="the target"), self.y)
        yield _scalar("forward", self.loss_notation.line, self.loss_value, self.inputs[-1])

    def backward_steps(self) -> Iterator[Step]:
        """The gradients from the loss down to the first parameters."""
        differences = Differences(self.layers, self.loss, self.inputs, self.y, self.flow[0])
        for inner in self.loss_notation.inner:
            if inner.back is not None:
                yield _of_examples("backward", inner.back.line, inner.back.value, differences.of_inner(inner))
        line = derivative(self.notations[-1].output, self.loss_notation.gradient)
        yield _of_examples(
            "backward", line, self.flow[0], differences.of_value(len(self.layers), self.flow[0])
        )

        indices = range(len(self.layers) - 1, self.first - 1, -1)
        for index, dy, dx in zip(indices, self.flow, [*self.flow[1:], None], strict=False):
            layer, notation, x = self.layers[index], self.notations[index], self.inputs[index]
            for name, formula in notation.gradients.items():
                formula = self._shortened(index, formula)
                if name != "input":
                    gradient = self.gradients[index][name]
                    terms = gradient_terms(layer, notation, name, x, dy, gradient)
                    line = replace(derivative(notation.parameters[name], formula), terms=terms)
                    check = differences.of_parameter(index, name, gradient)
                    yield _of_parameter("backward", line, gradient, check)
                elif dx is not None:
                    line = derivative(self._input_symbol(index), formula)
                    yield _of_examples("backward", line, dx, differences.of_value(index, dx))

    def update_steps(self, model: nn.Layer, lr: float) -> Iterator[Step]:
        """The update of the first weight, and the loss after all parameters have moved."""
        if not self.gradients:
            return
        moved = copy.deepcopy(model)
        gradients = {
            self.prefixes[index] + name: gradient
            for index, found in self.gradients.items()
            for name, gradient in found.items()
        }
        SGD(moved.parameters(), lr).step(gradients)
        name, symbol = next(iter(self.notations[self.first].parameters.items()))
        line = Formula(
            f"{symbol} new", f"{symbol} - eta {d(symbol)}", note=f"eta = {lr:g}", left=f"{symbol} :="
        )
        yield _of_parameter("update", line, moved.parameters()[self.prefixes[self.first] + name])
        line = Formula("L new", note="the loss after every parameter has moved so")
        yield _scalar("update", line, self.loss(moved(self.inputs[0]), self.y), self.inputs[-1])

    def _input_symbol(self, index: int) -> str:
        """What the input of layer `index` is called."""
        return self.notations[index - 1].output if index else self.symbol

    def _shortened(self, index: int, formula: Formula) -> Formula:
        """A formula of the last layer, once more with what the loss's gradient is."""
        short = self.loss_notation.short
        if index != len(self.layers) - 1 or not short or formula.entries:
            return formula
        right = formula.right.replace(d(self.notations[-1].output), short)
        return replace(formula, right=f"{formula.right} = {right.strip('()') if right == short else right}")


def _of_examples(part: Part, line: Formula, value: Array, check: Check | None = None) -> Step:
    """The step of a value that has an entry for each example."""
    return Step(part, line, value, check, columns=value.ndim == 2)


def _of_parameter(part: Part, line: Formula, value: Array, check: Check | None = None) -> Step:
    """The step of a parameter or its gradient."""
    return Step(part, line, value, check, columns=value.ndim == 1)


def _scalar(part: Part, line: Formula, value: float, like: Array) -> Step:
    return Step(part, line, np.asarray(value, like.dtype))


def _symbols(layers: Sequence[nn.Layer], x: Array) -> tuple[str, Symbols]:
    """The input's symbol, and the symbols of what follows: Z, A, P for images, Z, H for dense networks."""
    if x.ndim > 2 or any(isinstance(layer, nn.Conv2d) for layer in layers):
        return "X", Symbols("X", len(x))
    return "x", Symbols(
        "x", len(x), sum(isinstance(layer, nn.ReLU | nn.Sigmoid | nn.Softmax) for layer in layers)
    )


def _as_batch(model: nn.Layer, x: Any, y: Any) -> tuple[Array, Array]:
    """x and y as arrays with a batch axis; plain numbers in the model's dtype."""
    parameters = model.parameters()
    dtype = next(iter(parameters.values())).dtype if parameters else np.dtype(np.float64)
    x, y = x if isinstance(x, np.ndarray) else np.asarray(x, dtype), np.asarray(y)
    if not x.size:
        raise ValueError(f"explain: x: got shape {x.shape}, needs at least one example")
    if x.ndim and not _fits(model, x.shape[1:]) and _fits(model, x.shape):
        return x[None], y[None]
    return x, y


def _fits(model: nn.Layer, shape: tuple[int, ...]) -> bool:
    try:
        model.output_shape(shape)
    except ValueError:
        return False
    return True


def _as_target(loss: nn.Loss, y: Array, output: Array) -> Array:
    """The target in the form that the loss takes: integers for classes, else numbers like the output."""
    if not y.ndim and len(output) == 1:
        y = y[None]
    if isinstance(loss, nn.CrossEntropyLoss) and np.issubdtype(y.dtype, np.integer):
        return y
    if isinstance(loss, nn.BCEWithLogitsLoss | nn.MSELoss) and y.size == output.size:
        y = y.reshape(output.shape)
    return y.astype(output.dtype)
