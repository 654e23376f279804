"""The gradients of a batch from those of its shards, sent to the other ranks while they are computed."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fastconv import nn
from fastconv.nn.base import Backward
from fastconv.nn.listening import listening
from fastconv.nn.tree import Gradients
from fastconv.training.descent import copied
from fastconv.training.parallel.buckets import Buckets, Put, add_up
from fastconv.training.parallel.exchange import Exchange
from fastconv.training.parallel.mpi import MPI
from fastconv.training.parallel.tree import Cut
from fastconv.types import Array

Closures = dict[int, tuple[slice, Backward]]
"""By shard its samples in the batch, and the closure of its forward pass."""


class Sums:
    """The sums over shards of a model's gradients."""

    def __init__(self, model: nn.Layer, parallel: MPI) -> None:
        self.model, self.parallel = model, parallel
        self._changes: object = None
        self._frozen: list[str] | None = None
        self._buckets = Buckets({})
        self._names: dict[int, dict[str, str]] = {}

    def gradients(self, cut: Cut, closures: Closures, dy: Array) -> Gradients:
        """The gradient of each parameter, from that of the loss with respect to the whole output."""
        found: dict[int, Gradients] = {}
        if self._is_new():
            for shard, (rows, closure) in list(closures.items())[:1]:
                found[shard] = copied(closure(dy[rows], input_gradient=False)[1])
            self._lay_out(next(iter(found.values()), None))
        exchange = Exchange(self.parallel, cut, self._buckets)

        def leaf(shard: int, put: Put) -> None:
            if shard not in found:
                rows, closure = closures[shard]
                with self._heard(put, exchange):
                    found[shard] = closure(dy[rows], input_gradient=False)[1]
            put(found.pop(shard))

        add_up(cut.programs[self.parallel.rank], self._buckets, leaf, exchange.ready)
        sums = self._buckets.arrays(exchange.finish())
        return {name: sums.get(name) for name in self.model.parameters()}

    def _is_new(self) -> bool:
        """Whether other parameters are trained than before: all ranks see that at the same step."""
        if self._changes is nn.Layer.changes:
            return False
        self._changes, before = nn.Layer.changes, self._frozen
        self._frozen = self.model.frozen()
        self._names = {}
        return self._frozen != before

    def _lay_out(self, gradients: Gradients | None) -> None:
        """Lays out the buckets as the gradients come: those of the last layers first.

        A rank without samples learns from the others which parameters have one.
        """
        known = None if gradients is None else [name for name, g in gradients.items() if g is not None]
        names = next(found for found in self.parallel.objects(known) if found is not None)
        parameters = self.model.parameters()
        self._buckets = Buckets({name: parameters[name] for name in reversed(names)})

    def _heard(self, put: Put, exchange: Exchange) -> AbstractContextManager[None]:
        """Takes each layer's gradients as soon as they are there; one rank alone can wait for all."""
        if self.parallel.ranks == 1:
            return nullcontext()

        def hear(layer: Any, gradients: Gradients) -> None:
            names = self._names_in(layer)
            put({names[name]: gradient for name, gradient in gradients.items() if name in names})
            exchange.progress()

        return listening(hear)

    def _names_in(self, layer: nn.Layer) -> Mapping[str, str]:
        """The parameters of a layer that no other place of the model has, each with its name in the model."""
        if id(layer) not in self._names:
            shared = {*self.model._aliases().values()}
            own = {id(array): name for name, array in self.model.parameters().items() if name not in shared}
            arrays = layer.parameters().items()
            self._names[id(layer)] = {name: own[id(array)] for name, array in arrays if id(array) in own}
        return self._names[id(layer)]
