"""The steps of an explained pass, in a person's order."""

import copy
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

import numpy as np

from fastconv import nn
from fastconv.explanation.differences import Differences
from fastconv.explanation.graph import output_of, places_of
from fastconv.explanation.normalization import inside, inside_gradients
from fastconv.explanation.notation import d, derivative
from fastconv.explanation.rerun import Rerun
from fastconv.explanation.rounding import Rounding
from fastconv.explanation.steps import Check, Formula, Part, Step
from fastconv.explanation.terms import forward_terms, gradient_terms, total_terms
from fastconv.explanation.walk import Walk, Way, total
from fastconv.optim import SGD
from fastconv.types import Array


def forward_steps(walk: Walk) -> Iterator[Step]:
    """The input, each layer's parameters and output, the target, the loss."""
    yield _of_examples("forward", Formula(walk.names[0], note="the input"), walk.values[0])
    for index, (place, notation) in enumerate(zip(walk.places, walk.notations, strict=True)):
        if place.first == index:
            for name, symbol in notation.parameters.items():
                line = Formula(symbol, note=f"the parameter {place.parameter(name)}")
                yield _of_parameter("forward", line, place.layer.parameters()[name].copy())
        x, y = walk.given(index), walk.values[index + 1]
        for inner in inside(place.layer, notation, x):
            yield Step("forward", inner.line, inner.value, columns=inner.value.ndim in (1, 2))
        line = replace(notation.forward, terms=forward_terms(place.layer, notation, x, y))
        yield _of_examples("forward", line, y)
    for inner in walk.loss_notation.inner:
        yield _of_examples("forward", inner.line, inner.value)
    yield _of_examples("forward", Formula(walk.loss_notation.target, note="the target"), walk.y)
    yield _scalar("forward", walk.loss_notation.line, walk.loss_value, walk.values[-1])


SQUASHING = nn.Sigmoid, nn.Softmax, nn.LogSoftmax
"""Layers that a loss takes probabilities from."""


class Backward:
    """The gradients from the loss down to the first parameters."""

    def __init__(self, model: nn.Layer, walk: Walk) -> None:
        self.walk = walk
        *_, (_, layer, (source, *_), _) = walk.places
        squashed = [walk.flow[source]] if isinstance(layer, SQUASHING) and source in walk.flow else []
        loss = Rerun(model, walk.loss, walk.values, walk.y)
        rounding = Rounding(model, walk.loss, walk.values[0], walk.y, walk.whole)
        self.differences = Differences(loss, rounding, walk.flow[len(walk.places)], *squashed)

    def steps(self) -> Iterator[Step]:
        """All of them, each with its check."""
        walk, last = self.walk, len(self.walk.places)
        for inner in walk.loss_notation.inner:
            if (back := inner.back) is not None:
                yield _of_examples("backward", back.line, back.value, self.differences.of_inner(last, back))
        line = derivative(walk.names[-1], walk.loss_notation.gradient)
        gradient = walk.flow[last]
        yield _of_examples("backward", line, gradient, self.differences.of_value(last, gradient))
        for index in range(last - 1, -1, -1):
            if index + 1 in walk.wanted:
                yield from self._of_place(index)

    def beyond(self, known: Container[int]) -> Iterator[Step]:
        """The gradients of the values but the `known` ones; of a whole walk."""
        for number in range(len(self.walk.places) - 1, -1, -1):
            place, notation = self.walk.places[number], self.walk.notations[number]
            for key, formula in notation.gradients.items():
                if isinstance(key, int) and place.sources[key] not in known:
                    yield self._of_input(number, key, self._shortened(number, formula))
            if number not in known:
                yield from self._of_ways(number)

    def _of_ways(self, number: int) -> Iterator[Step]:
        """The sum of the parts of a value's gradient, if it has several."""
        if len(ways := self.walk.ways.get(number, ())) > 1:
            gradient = self.walk.flow[number]
            line = _sum_of_ways(self.walk.names[number], ways, gradient)
            yield _of_examples("backward", line, gradient, self.differences.of_value(number, gradient))

    def _of_place(self, index: int) -> Iterator[Step]:
        """The gradients that come from that of one place's output, which may be a sum itself."""
        place, notation = self.walk.places[index], self.walk.notations[index]
        yield from self._of_ways(index + 1)
        inner = inside_gradients(place.layer, notation, self.walk.given(index), self.walk.flow[index + 1])
        for key, formula in notation.gradients.items():
            formula = self._shortened(index, formula)
            if isinstance(key, str):
                yield from self._of_parameter(index, key, formula)
            elif place.sources[key] in self.walk.wanted:
                for which, back in enumerate(inner):
                    check = self.differences.of_inner(index + 1, back, which)
                    columns = back.value.ndim in (1, 2)
                    yield Step("backward", back.line, back.value, check, columns)
                yield self._of_input(index, key, formula)

    def _of_parameter(self, index: int, name: str, formula: Formula) -> Iterator[Step]:
        """The gradient of a parameter, and behind the last of several uses their sum."""
        place, notation = self.walk.places[index], self.walk.notations[index]
        uses = self.walk.uses.get((place.first, name), [])
        number = next((k for k, way in enumerate(uses) if way.place == index), None)
        if number is None:
            return
        symbol, gradient = notation.parameters[name], uses[number].gradient
        line = _part_of(symbol, formula, uses, number, f"as {symbol} is used in {notation.output}")
        x, dy = self.walk.given(index), self.walk.flow[index + 1]
        line = replace(line, terms=gradient_terms(place.layer, line.symbol, name, x, dy, gradient))
        check = self.differences.of_parameter([index], name, gradient)
        yield _of_parameter("backward", line, gradient, check)
        if len(uses) > 1 and number == len(uses) - 1:
            whole = total([way.gradient for way in uses])
            places = sorted(way.place for way in uses)
            check = self.differences.of_parameter(places, name, whole)
            yield _of_parameter("backward", _sum_of_ways(symbol, uses, whole), whole, check)

    def _of_input(self, index: int, position: int, formula: Formula) -> Step:
        """The gradient of what a place reads, or the part of it that goes through this place."""
        number = self.walk.places[index].sources[position]
        ways, symbol = self.walk.ways[number], self.walk.names[number]
        way = next(k for k, way in enumerate(ways) if way[:2] == (index, position))
        line = _part_of(symbol, formula, ways, way, f"through {self.walk.names[index + 1]}")
        gradient = ways[way].gradient
        if len(ways) > 1:
            check = self.differences.of_way(number, index, position, gradient)
        else:
            check = self.differences.of_value(number, gradient)
        return _of_examples("backward", line, gradient, check)

    def _shortened(self, index: int, formula: Formula) -> Formula:
        """A formula of the last layer, once more with what the loss's gradient is."""
        short = self.walk.loss_notation.short
        if index != len(self.walk.places) - 1 or not short or formula.entries:
            return formula
        right = formula.right.replace(d(self.walk.names[-1]), short)
        return replace(formula, right=f"{formula.right} = {right.strip('()') if right == short else right}")


def update_steps(model: nn.Layer, walk: Walk, lr: float) -> Iterator[Step]:
    """The update of the first weight, and the loss after all parameters have moved."""
    index = next((k for k, notation in enumerate(walk.notations) if notation.parameters), None)
    if index is None:
        return
    moved = copy.deepcopy(model)
    gradients = moved._added_up({**walk.gradients()})  # of arrays that two layers share
    SGD(moved.parameters(), lr).step({name: g for name, g in gradients.items() if g is not None})
    name, symbol = next(iter(walk.notations[index].parameters.items()))
    line = Formula(f"{symbol} new", f"{symbol} - eta {d(symbol)}", note=f"eta = {lr:g}", left=f"{symbol} :=")
    yield _of_parameter("update", line, moved.parameters()[walk.places[index].parameter(name)])
    line = Formula("L new", note="the loss after every parameter has moved so")
    output = output_of(places_of(moved), walk.values[0])
    yield _scalar("update", line, walk.loss(output, walk.y), walk.values[-1])


def _part_of(symbol: str, formula: Formula, ways: Sequence[Way], number: int, where: str) -> Formula:
    """The line of one of the parts of a gradient, or of all of it where it has one part."""
    if len(ways) == 1:
        return derivative(symbol, formula)
    note = f"{where}; {formula.note}" if formula.note else where
    return derivative(symbol, replace(formula, note=note), number + 1)


def _sum_of_ways(symbol: str, ways: Sequence[Way], whole: Array) -> Formula:
    """The line that adds up the parts of a gradient."""
    right = " + ".join(f"{d(symbol)} (way {number})" for number in range(1, len(ways) + 1))
    return Formula(d(symbol), right, terms=total_terms(d(symbol), [way.gradient for way in ways], whole))


def _of_examples(part: Part, line: Formula, value: Array, check: Check | None = None) -> Step:
    """The step of a value that has an entry for each example."""
    return Step(part, line, value, check, columns=value.ndim == 2)


def _of_parameter(part: Part, line: Formula, value: Array, check: Check | None = None) -> Step:
    """The step of a parameter or its gradient."""
    return Step(part, line, value, check, columns=value.ndim == 1)


def _scalar(part: Part, line: Formula, value: float, like: Array) -> Step:
    return Step(part, line, np.asarray(value, like.dtype))
