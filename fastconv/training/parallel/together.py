"""A model that runs on the shards of a batch, on one rank or many, as if it were run once on all of it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from fastconv import nn, optim, validate
from fastconv.nn.base import Backward
from fastconv.nn.listening import announce, listened
from fastconv.nn.tree import Gradients
from fastconv.plan.passes import Passes
from fastconv.training import prefetch
from fastconv.training.batches import Batch, Batches, OwnBatches
from fastconv.training.descent import Descent, Forwarded
from fastconv.training.parallel import alike
from fastconv.training.parallel.buckets import Buckets, add_up
from fastconv.training.parallel.exchange import Exchange
from fastconv.training.parallel.gradients import Closures, Sums
from fastconv.training.parallel.mpi import MPI
from fastconv.training.parallel.statistics import Statistics
from fastconv.training.parallel.streams import streams
from fastconv.training.parallel.tree import Cut
from fastconv.training.steps import Plan, Steps
from fastconv.types import Array


class Share(NamedTuple):
    """What a rank has of a batch: its samples, and how many samples each rank has."""

    batch: Batch
    counts: list[int]

    @property
    def samples(self) -> int:
        """How many samples the batch has."""
        return sum(self.counts)


@dataclass(frozen=True)
class PlannedShard:
    """The closure of a shard whose passes are planned; `read_again` keeps what the plan reads once more."""

    plan: Passes
    model: nn.Layer
    read_again: tuple[Array, Array]

    def __call__(self, slope: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
        """The gradients, of which a listener hears as they come."""
        return None, self.plan.backward(slope, partial(announce, self.model) if listened() else None)


class Together:
    """Takes batches, runs the model on them in training and in prediction; see `MPI`.

    **Arguments:**

    - `model`: the same on all ranks.
    - `loss`: what training makes small.
    - `optimizer`: that of the model, whose steps count.
    - `parallel`: the ranks, and into how many shards they cut a batch.
    """

    def __init__(self, model: nn.Layer, loss: nn.Loss, optimizer: optim.Optimizer, parallel: MPI) -> None:
        self.model, self.loss, self.optimizer, self.parallel = model, loss, optimizer, parallel
        self.leads = parallel.rank == 0
        self.shards = parallel.shards
        self._sums = Sums(model, parallel)
        self._checked = False
        self._steps = Steps(model, loss, optimizer)

    @property
    def plan(self) -> Plan:
        """What the last shard was planned as."""
        return self._steps.latest

    def check(self, data: Batches | None, **settings: Any) -> None:
        """ValueError where the ranks differ in what decides the result: it names the first that does."""
        alike.check(self.parallel, self.model, self.optimizer, settings, data)
        self._checked = True

    def own(self, function: Callable[[int, int], Iterable[Any]]) -> OwnBatches:
        """The batches of a function of (rank, ranks), which gives each rank its part of them."""
        return OwnBatches(function, self.parallel.rank, self.parallel.ranks)

    def seed(self, seed: int | None) -> int | None:
        """The seed of a fit: where there is none, one that rank 0 draws for all."""
        drawn = int(np.random.default_rng().integers(2**31)) if seed is None else seed
        first: int = self.parallel.objects(drawn)[0]
        return first

    def epoch(
        self, data: Batches, rng: Any, augment: prefetch.Change | None = None, *seeds: int | None
    ) -> AbstractContextManager[Iterable[Share]]:
        """This rank's share of each batch, each shard as `augment` changes it, for a `with` block."""
        shares = self._counted(data.epoch(rng, self.parallel.rows))
        if augment is None:
            return nullcontext(shares)
        return prefetch.ahead(shares, lambda number, share: self._changed(augment, share, *seeds, number))

    def share(self, batch: Batch) -> Share:
        """This rank's share of a batch that all ranks have; ValueError where they have others."""
        x, y, weight = batch
        if not self._checked:
            self.check(None)
        for rank, samples in enumerate(self.parallel.numbers(len(x))):
            if samples != len(x):
                got = f"{len(x)} samples, and {samples} on rank {rank}"
                raise validate.wrong_value("step", "x", got, "the same batch on all ranks")
        cut = self.parallel.cut(len(x))
        rows = cut.rows(self.parallel.rank)
        own = x[rows], y[rows], None if weight is None else weight[rows]
        return Share(own, cut.counts)

    def forward(self, share: Share, descent: Descent) -> Forwarded:
        """The output and the loss of the whole batch, and what updates the parameters on each rank."""
        cut, x = self.parallel.cut(share.samples), share.batch[0]
        statistics = Statistics(self.model)
        closures: Closures = {}
        outputs, moved = [], {}
        with statistics.restored() as what_moved, streams(self.model, self.optimizer.steps) as begin:
            for number, (shard, rows, own) in enumerate(self._parts(cut)):
                begin(shard)
                output, closure = self._run(x[own], number, descent)
                outputs.append(output)
                closures[shard] = rows, closure
                moved[shard] = what_moved()
        self._move(statistics, moved, cut)

        output, y, weight = self._whole(share, outputs)
        loss, slope = self.loss.forward(output, y, weight)
        return Forwarded(
            output, y, weight, loss, lambda: descent(self._sums.gradients(cut, closures, slope()))
        )

    def predict(self, share: Share) -> tuple[Array, Array, Array | None]:
        """The output as in prediction, targets and weights of the whole batch."""
        parts = self._parts(self.parallel.cut(share.samples))
        return self._whole(share, [self.model(share.batch[0][own]) for _, _, own in parts])

    def _run(self, x: Array, number: int, descent: Descent) -> tuple[Array, Backward]:
        """The output of a shard of this rank, and the closure of its gradients."""
        plan = self._steps.shard(x, number, descent)
        if plan is None:
            return self.model.forward(x, training=True)
        output = plan.forward(x)
        return output, PlannedShard(plan, self.model, (x, output))

    def _parts(self, cut: Cut) -> list[tuple[int, slice, slice]]:
        """This rank's shards, each with its samples in the batch and in the share."""
        first = cut.rows(self.parallel.rank).start
        return [
            (shard, rows, slice(rows.start - first, rows.stop - first))
            for shard, rows in cut.parts(self.parallel.rank)
        ]

    def _counted(self, batches: Iterator[Batch]) -> Iterator[Share]:
        """The shares, until the batches of all ranks end; ValueError where they are no parts of one cut."""
        while True:
            batch = next(batches, None)
            counts = self.parallel.numbers(-1 if batch is None else len(batch[0]))
            if batch is None and max(counts) < 0:
                return
            if min(counts) < 0 or batch is None:
                short, long = counts.index(-1), counts.index(max(counts))
                needs = f"as many batches on each rank: rank {long} has one more"
                raise validate.wrong_value("fit", "x", f"no batch on rank {short}", needs)
            cut = self.parallel.cut(sum(counts))
            needed = cut.counts
            if counts != needed:
                wrong = next(rank for rank in range(cut.ranks) if counts[rank] != needed[rank])
                got = f"{counts[wrong]} of {sum(counts)} samples on rank {wrong}"
                needs = f"{needed[wrong]}, those of parallel.rows({sum(counts)})"
                raise validate.wrong_value("fit", "x", got, needs)
            yield Share(batch, counts)

    def _changed(self, augment: prefetch.Change, share: Share, *seeds: int | None) -> Share:
        """The share with each shard changed for itself."""
        x, y, weight = share.batch
        changed = [
            prefetch.changed(augment, (x[own], y[own], None), *seeds, shard + 1)
            for shard, _, own in self._parts(self.parallel.cut(share.samples))
        ]
        if not changed:
            return share
        inputs, targets, _ = zip(*changed, strict=True)
        return Share((np.concatenate(inputs), np.concatenate(targets), weight), share.counts)

    def _move(self, statistics: Statistics, moved: dict[int, dict[str, Array]], cut: Cut) -> None:
        """Moves the statistics to the mean of what the shards have moved."""
        values = statistics.values()
        if not values:
            return
        buckets = Buckets(values)
        exchange = Exchange(self.parallel, cut, buckets)
        add_up(
            cut.programs[self.parallel.rank], buckets, lambda shard, put: put(moved[shard]), exchange.ready
        )
        statistics.set_mean(buckets.arrays(exchange.finish()), len(cut.filled))

    def _whole(self, share: Share, outputs: list[Array]) -> tuple[Array, Array, Array | None]:
        """Output, targets and weights of all ranks one after the other."""
        _, y, weight = share.batch
        if self.parallel.shards == 1:
            return outputs[0], y, weight
        counts, some = share.counts, bool(outputs)
        output = self.parallel.gathered(
            np.ascontiguousarray(np.concatenate(outputs)) if some else None, counts
        )
        y = self.parallel.gathered(y if some else None, counts)
        return output, y, None if weight is None else self.parallel.gathered(weight if some else None, counts)
