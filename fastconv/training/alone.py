"""A model that runs on whole batches, in this process alone."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fastconv import nn, optim
from fastconv.nn.tree import Gradients
from fastconv.plan.step import Step
from fastconv.training import prefetch
from fastconv.training.batches import Batch, Batches, OwnBatches
from fastconv.training.descent import Descent, Forwarded
from fastconv.training.steps import Plan, Steps
from fastconv.types import Array


class Alone:
    """Takes batches, runs the model on them in training and in prediction.

    **Arguments:**

    - `model`, `loss`, `optimizer`: what is trained.
    """

    leads = True
    """Whether this process writes and shows what is to be written and shown once."""
    shards = 1
    """Into how many parts a batch is cut."""

    def __init__(self, model: nn.Layer, loss: nn.Loss, optimizer: optim.Optimizer) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self._steps = Steps(model, loss, optimizer)

    @property
    def plan(self) -> Plan:
        """What the last step was planned as."""
        return self._steps.latest

    def check(self, data: Batches, **settings: Any) -> None:
        """Nothing: nobody else has to be alike."""

    def own(self, function: Callable[[int, int], Iterable[Any]]) -> OwnBatches:
        """The batches of a function of (rank, ranks): all."""
        return OwnBatches(function, 0, 1)

    def seed(self, seed: int | None) -> int | None:
        """The seed of a fit."""
        return seed

    def epoch(
        self, data: Batches, rng: Any, augment: prefetch.Change | None = None, *seeds: int | None
    ) -> AbstractContextManager[Iterable[Batch]]:
        """The batches, shuffled by `rng`, as `augment` changes them with these seeds, for a `with` block."""
        batches = data.epoch(rng)
        if augment is None:
            return nullcontext(batches)
        return prefetch.ahead(batches, lambda number, batch: prefetch.changed(augment, batch, *seeds, number))

    def share(self, batch: Batch) -> Batch:
        """What this process takes of a batch: all."""
        return batch

    def forward(self, batch: Batch, descent: Descent) -> Forwarded:
        """The output and the loss of a batch, and what updates the parameters."""
        x, y, weight = batch
        plan = self._steps.of(batch, descent)
        if isinstance(plan, Step):
            output, loss, refused = plan.forward(x, y)
            if refused:
                self.loss.forward(output, y)  # which says what is wrong
            return Forwarded(output, y, None, loss, lambda: plan.update(self.optimizer.advance()))
        backward: Callable[[Array], Gradients]
        if plan is not None:
            output, backward = plan.forward(x), plan.backward
        else:
            output, closure = self.model.forward(x, training=True)
            backward = lambda dy: closure(dy, input_gradient=False)[1]  # noqa: E731
        loss, slope = self.loss.forward(output, y, weight)
        return Forwarded(output, y, weight, loss, lambda: descent(backward(slope())))

    def predict(self, batch: Batch) -> tuple[Array, Array, Array | None]:
        """The output as in prediction, the targets and weights."""
        x, y, weight = batch
        return self.model(x), y, weight
