"""The loss of an explained pass once more, in float64, with one value or one parameter changed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastconv import nn
from fastconv.backends import backend
from fastconv.explanation.graph import places_of, run
from fastconv.explanation.pieces import loss_piece, piece, room, within
from fastconv.nn.contract import built_in
from fastconv.types import Array

AT_ONCE = 2**21
"""So many numbers run through the model together."""


class _Read(NamedTuple):
    """Variants of what a place reads as its input number `position`, and it alone."""

    place: int
    position: int
    variants: Array


class Rerun:
    """The loss as a function of any value or parameter on the way.

    values: the input of the explained pass and the output of each place, which stay what they are where a
    change does not reach. Runs on the reference backend.
    """

    def __init__(self, model: nn.Layer, loss: nn.Loss, values: Sequence[Array], y: Array) -> None:
        self._places = places_of(model.astype(np.float64))
        self._loss = loss
        self.values = [value.astype(np.float64) for value in values]
        self._y = y.astype(np.float64) if np.issubdtype(y.dtype, np.floating) else y
        self.output = self.values[-1]
        with backend("reference"):
            self.value = loss(self.output, self._y)
            # The pieces are those of the explained pass, in its own precision.
            self._pieces = [
                piece(place.layer, place.given([values[source] for source in place.sources]))
                for place in places_of(model)
            ]
            self._loss_piece = loss_piece(loss, values[-1], y)
        self.room = room(loss, self.output)
        """How far each entry of the output may be moved; None for any distance."""
        self.terms = len(self.output) if loss.reduction == "mean" else 1
        """How many terms the loss is the mean of, as far as its rounding is concerned."""
        passes = (self._multiplications(number) for number in range(len(self._places)))
        self.cost = len(self._places) * sum(passes)

    def _multiplications(self, number: int) -> int:
        layer = self._places[number].layer
        if layer.takes_several:
            return 0
        x = self.read_by(number)[0]
        return layer.multiply_adds(x.shape[1:]) * len(x)

    def read_by(self, place: int) -> list[Array]:
        """The values that a place reads."""
        return [self.values[source] for source in self._places[place].sources]

    def parameter(self, place: int, name: str) -> Array:
        """A parameter itself, in float64."""
        return self._places[place].layer.parameters()[name]

    def with_value(self, number: int, variants: Array) -> tuple[Array, Array]:
        """The losses of K variants of a value, and whether each is on the explained piece."""
        parts = self._cut(variants, {number})
        return _joined([self._run({number: _as_batch(part)}, len(part)) for part in parts])

    def with_read(self, place: int, position: int, variants: Array) -> tuple[Array, Array]:
        """The same where one place alone reads the variants, and all others the value as it was."""
        parts = self._cut(variants, {place + 1}, self._places[place].layer)
        return _joined([self._run({}, len(part), _Read(place, position, _as_batch(part))) for part in parts])

    def with_parameter(self, places: list[int], name: str, variants: Array) -> tuple[Array, Array]:
        """The same of variants of a parameter of the layer at these places, used there and nowhere else."""
        layer, array = self._places[places[0]].layer, self.parameter(places[0], name)
        own = array.copy()
        given = self._places[places[0]].given(self.read_by(places[0]))
        outputs, losses = [], []
        for variant in variants:
            array[...] = variant
            if len(places) == 1:
                outputs.append(run(layer, given)[0])
            else:
                losses.append(self._run({}, 1, again=places))
        array[...] = own
        return self.with_value(places[0] + 1, np.stack(outputs)) if outputs else _joined(losses)

    def _cut(self, variants: Array, changed: set[int], *layers: nn.Layer) -> list[Array]:
        """Variants in parts that run as one batch: one by one where examples see each other."""
        reached, through = set(changed), list(layers)
        for number, place in enumerate(self._places, 1):
            if not reached.isdisjoint(place.sources):
                reached.add(number)
                through.append(place.layer)
        apart = all(map(_is_per_example, through))
        at_once = max(1, AT_ONCE // max(1, variants[0].size)) if apart else 1
        return [variants[i : i + at_once] for i in range(0, len(variants), at_once)]

    def _run(
        self, changed: dict[int, Array], count: int, read: _Read | None = None, again: Sequence[int] = ()
    ) -> tuple[Array, Array]:
        """The losses of `count` variants, from the values that are `changed` or differently `read`.

        The variants of a value are one batch, variant by variant. `again`: the places to run in any case.
        """
        same = np.ones(count, dtype=bool)
        for index, place in enumerate(self._places):
            differently = read if read is not None and read.place == index else None
            reached = differently or index in again or not changed.keys().isdisjoint(place.sources)
            if not reached or index + 1 in changed:
                continue
            inputs = [
                changed[source] if source in changed else _repeated(self.values[source], count)
                for source in place.sources
            ]
            if differently:
                inputs[differently.position] = differently.variants
            given = place.given(inputs)
            if self._pieces[index] is not None:
                same &= _agree(piece(place.layer, given), self._pieces[index], count)
            changed[index + 1] = run(place.layer, given)[0]
        output = changed.get(len(self._places), self.output)
        outputs = output.reshape(count, -1, *output.shape[1:])
        if self._loss_piece is not None:
            pieces = np.stack([loss_piece(self._loss, output, self._y) for output in outputs])
            same &= _agree(pieces, self._loss_piece, count)
        return np.array([self._loss(within(self._loss, output), self._y) for output in outputs]), same


def _joined(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    losses, same = zip(*parts, strict=True)
    return np.concatenate(losses), np.concatenate(same)


def _as_batch(variants: Array) -> Array:
    return variants.reshape(-1, *variants.shape[2:])


def _repeated(value: Array, count: int) -> Array:
    """The examples of a value once for each variant."""
    return np.broadcast_to(value, (count, *value.shape)).reshape(-1, *value.shape[1:])


def _agree(pieces: Any, explained: Any, count: int) -> Array:
    """Of which variants all pieces are the explained ones."""
    return (pieces.reshape(count, -1) == explained.ravel()).all(axis=1)


def _is_per_example(layer: nn.Layer) -> bool:
    """Whether examples go through the layer without seeing each other, so that variants can share a batch."""
    if not built_in(type(layer).forward) or isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        return False
    if isinstance(layer, nn.Flatten):
        return layer.start_dim == 1
    return isinstance(layer, nn.Mean | nn.Slice) or getattr(layer, "dim", 1) in (1, -1)  # as a softmax's
