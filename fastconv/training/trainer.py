"""The training loop."""

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fastconv import nn, optim, validate
from fastconv.attributes import Checks, Settings
from fastconv.nn.base import BATCH_SIZE, SAMPLES
from fastconv.nn.classes import Classes
from fastconv.optim.lr_scheduler import LRScheduler
from fastconv.training import checkpoints, prefetch
from fastconv.training.alone import Alone
from fastconv.training.arguments import CHECKS, check_seed, check_shards, progress_of, warn_of_loss
from fastconv.training.batches import Batches, Needs, batches, split
from fastconv.training.batches.weights import ClassWeight
from fastconv.training.callbacks import Callback
from fastconv.training.callbacks.listed import Given, listed, restored
from fastconv.training.descent import Descent
from fastconv.training.history import History, Logs
from fastconv.training.metrics import Figures, Function, Metric
from fastconv.training.metrics.names import again, figure_names, named, words
from fastconv.training.parallel import MPI, Together
from fastconv.training.parameters import check_parts, check_unchanged
from fastconv.training.schedule import Schedule
from fastconv.training.steps import Plan
from fastconv.types import Array


class Trainer(Settings):
    """Trains a model: forward, loss, backward, update, over batches and epochs.

    The figures of many batches are those of one batch with all their samples, up to rounding. `history` is
    that of the last `fit`, `epochs` the number of epochs trained so far, in all of them. The arguments are
    attributes; `callbacks` and `clip_norm` may be set anew, and hold from then on.

    **Arguments:**

    - `model`: the layer to train, mostly an `nn.Sequential`.
    - `loss`: the `nn.Loss` that training makes small.
    - `optimizer`: what updates the parameters. It has to be made from this model's `parameters()`; where a
      layer is replaced later, `fit` asks for a new optimizer and trainer.
    - `metrics`: a list of names ("accuracy", "top_5_accuracy", "precision", "recall", "f1", "auc", "mae",
      "r2": those that suit the loss), of `metrics.Metric` and of functions of (output, target), or a dict
      that names them (see `training.metrics`); None is the accuracy where the loss is one of
      classification, else nothing.
    - `callbacks`: a list of `callbacks.Callback`, which every `fit` calls before its own; a function of
      (trainer, epoch, logs) is called at the end of each epoch.
    - `clip_norm`: where the common 2-norm of a step's gradients is larger, they are scaled down to it; None
      leaves them as they are.
    - `lr_scheduler`: an `optim.lr_scheduler` of this optimizer, or None. It makes its steps after those of
      the optimizer; `ReduceLROnPlateau` gets `val_loss`, or `loss` where a fit has no validation data.
    - `lr_scheduler_interval`: "epoch", where the schedule goes on after each epoch of `fit`, or "step", where
      it does after each batch.
    - `parallel`: `fc.parallel.MPI()`, where the processes of an MPI run share the work; None is this process
      alone. `step`, `fit` and `evaluate` are then called in all of them, with the same data.
    """

    callbacks: tuple[Callback, ...]
    checks: ClassVar[Checks] = CHECKS
    fixed = ("model", "loss", "optimizer", "metrics", "lr_scheduler", "lr_scheduler_interval", "parallel")

    def __init__(
        self,
        model: nn.Layer,
        loss: nn.Loss,
        optimizer: optim.Optimizer,
        metrics: Mapping[str, str | Function | Metric] | Iterable[str | Function | Metric] | None = None,
        callbacks: Given = (),
        clip_norm: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        lr_scheduler_interval: str = "epoch",
        parallel: MPI | None = None,
    ) -> None:
        check_parts(model, loss, optimizer)
        parameters = model.parameters()
        self.model, self.loss, self.optimizer = model, loss, optimizer
        metrics = list(metrics) if isinstance(metrics, Iterator) else metrics
        self.metrics = named(metrics, loss)
        self._set(callbacks=callbacks)
        self.clip_norm = clip_norm
        self.lr_scheduler = lr_scheduler
        self.lr_scheduler_interval = lr_scheduler_interval
        self.parallel = parallel
        parts = model, loss, optimizer
        self._run = Alone(*parts) if parallel is None else Together(*parts, parallel)
        self._schedule = Schedule(lr_scheduler, lr_scheduler_interval, optimizer)
        self.history, self.epochs, self.stop_training = History(), 0, False
        self._chosen_metrics = words(metrics)
        self._needs = Needs(model, loss, next(iter(parameters.values())).dtype)
        self._names = frozenset(parameters)
        self._hooks: Sequence[Callback] = ()
        self._figures: tuple[str, ...] = ()
        self._done = 0  # finished epochs of the fit under way; after `resume`, of the one that was saved
        self._callback_states: list[tuple[str, dict[str, Any]]] = []
        self._warned = False

    @property
    def classes(self) -> Classes | None:
        """The labels of the model's outputs, which `fit` learned, or `model.classes` set; else None."""
        return self._needs.classes

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures that an epoch of the `fit` under way gives: those of `logs`."""
        return self._figures

    @property
    def plan(self) -> Plan:
        """What the last step was planned as: printed, a table; `plan.profile()` measures each operation."""
        return self._run.plan

    @property
    def leads(self) -> bool:
        """Whether this process writes and shows what one of several has to: rank 0, or the only one."""
        return self._run.leads

    def step(self, x: Array, y: Array) -> float:
        """Trains on one batch: forward, loss, backward, one update. Returns the loss before the update."""
        samples = self._needs.take("step", x, y)
        return self._update(self._run.share((samples.inputs(), samples.y, None)))[0]

    def fit(
        self,
        x: Array | Iterable[Any],
        y: Array | Iterable[Any] | None = None,
        batch_size: int = BATCH_SIZE,
        epochs: int = 1,
        validation_data: tuple[Any, Any] | tuple[Any, Any, Any] | Iterable[Any] | None = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        seed: int | None = 0,
        class_weight: ClassWeight | None = None,
        sample_weight: Array | None = None,
        callbacks: Given = (),
        progress: bool | None = None,
        augment: prefetch.Change | None = None,
        *,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_split_mode: str = "last",
    ) -> History:
        """Trains for `epochs` passes over the samples x with the targets y; returns the history.

        TypeError and ValueError for data that does not fit model and loss: before the first step where it is
        arrays, before the batch's step where it is batches. When it is interrupted, `history` holds the
        epochs until then.

        **Arguments:**

        - `x`: an array (N, ...) of samples in the model's dtype, a memory map too: batches of it are read,
          not the whole; or a list of numbers or arrays, which is converted. Images of uint8 are divided by
          255 batch by batch, which the logger "fastconv" says once. Or, with y None, an iterable of batches
          (x, y) or (x, y, sample_weight), which is run through once an epoch, in its own order.
        - `y`: the targets of the samples, in the form that the loss takes, or lists of them. Where it takes
          classes, also rows of zeros and a one, and labels that are strings, or integers which do not number
          the outputs from 0: their sorted values become `model.classes`, the numbers of which are trained.
        - `batch_size`: the samples in a batch; the last one may have fewer.
        - `epochs`: how often all samples are trained on.
        - `validation_data`: (x, y) or (x, y, sample_weight), measured after each epoch; or an iterable of
          such batches: a list of tuples, or anything else that is no tuple.
        - `validation_split`: the share of the samples, from 0 to 1, that is validation data. The first
          ⌊N (1 - share)⌋ are trained on, as in Keras.
        - `shuffle`: whether each epoch has another order of the samples.
        - `seed`: what the orders depend on, with the number of epochs trained before: training 2 + 2 epochs
          and training 4 give the same bits. None is another order each time.
        - `class_weight`: {class: weight}, a list with a weight for each class, or "balanced", N / (K count)
          for the K classes of the training part; the losses of a class's samples, or pixels, are multiplied
          by it, as in Keras. It needs targets of one class a sample or pixel.
        - `sample_weight`: an array (N,), by which the samples' losses are multiplied, or one with a weight
          for each term of the loss: the labels' shape where it takes classes, else the outputs'.
        - `callbacks`: called in this fit, after those of the trainer; callbacks and functions, as there.
        - `progress`: None or True shows a bar on a terminal and writes a line an epoch elsewhere; False is
          silent.
        - `augment`: changes the batches that are trained on: one of `fastconv.data.augment`, or a function
          (x, y, rng) -> (x, y). It runs in a thread ahead of the step; rng depends on seed, epoch and batch.
        - `steps_per_epoch`: the batches that an epoch takes from an iterable, which may be endless; the next
          epoch goes on where the last one ended. After `resume`, the batches of finished epochs are passed
          over; where an iterator goes on is for the caller to see to.
        - `validation_steps`: the batches that a validation takes from an iterable: its first ones, or the
          next ones of an iterator.
        - `validation_split_mode`: which samples the split takes: "last", "shuffle" (any, drawn from `seed`
          alone) or "stratify" (drawn too, the same share of each class).
        """
        epochs = validate.integer("fit", "epochs", epochs, low=0)
        shuffle = validate.flag("fit", "shuffle", shuffle)
        visible = progress is None or validate.flag("fit", "progress", progress)
        own = listed("fit", callbacks)
        check_seed(seed)
        seed = self._run.seed(seed)
        if y is None and callable(x) and not isinstance(x, Iterable):
            x = self._run.own(x)
        prefetch.check("fit", augment)
        check_unchanged(self.model, self.optimizer, self._names)
        with self._needs.learning():
            data = batches(
                "fit", x, y, batch_size, self._needs, sample_weight, class_weight, epochs,
                steps=steps_per_epoch, training=True,
            )  # fmt: skip
            data, validation = split(
                data, validation_data, validation_split, validation_split_mode, seed, epochs, validation_steps
            )
            data.check_last(self._run.shards)
            if validation is not None:  # one sample is run to see that it fits
                self._measure(validation.head(), Alone(self.model, self.loss, self.optimizer))
        self._run.check(
            data, loss=repr(self.loss), batch_size=batch_size, epochs=epochs, seed=seed, shuffle=shuffle
        )
        data.skip(self._done)
        shown = [progress_of(epochs, data.length)] if visible and self._run.leads else []
        self._hooks = [*self.callbacks, *own, *shown]
        names = ("loss", *figure_names(self.metrics))
        self._figures = names if validation is None else (*names, *(f"val_{name}" for name in names))
        self._figures += tuple(name for hook in self._hooks for name in hook.epoch_figures(self))
        self._begin()
        try:
            for epoch in range(self._done, epochs):
                if self.stop_training:
                    break
                for hook in self._hooks:
                    hook.on_epoch_begin(self, epoch)
                order = np.random.default_rng(None if seed is None else (seed, self.epochs))
                with self._run.epoch(data, order if shuffle else None, augment, seed, self.epochs) as taken:
                    logs = self._train(taken, epoch)
                if validation is not None:
                    measured = self._measure_all(validation)
                    logs |= {f"val_{name}": value for name, value in measured.items()}
                self._end_epoch(epoch, logs)
        finally:
            self._done = 0
            for hook in self._hooks:
                hook.on_fit_end(self)
            self._hooks = ()
        return self.history

    def evaluate(
        self,
        x: Array | Iterable[Any],
        y: Array | Iterable[Any] | None = None,
        batch_size: int = SAMPLES,
        sample_weight: Array | None = None,
        *,
        steps: int | None = None,
    ) -> Logs:
        """The loss and the metrics over all samples, without training: {"loss": ..., "accuracy": ...}.

        x, y and sample_weight as in `fit`, `steps` as its `validation_steps`. Weights are the loss's, and
        those of metrics that were made with `weighted=True`; all other metrics count each sample once.
        """
        return self._measure_all(
            batches(
                "evaluate", x, y, batch_size, self._needs, sample_weight,
                usual=SAMPLES, steps=steps, argument="steps",
            )
        )  # fmt: skip

    def predict(self, x: Array, batch_size: int = SAMPLES) -> Array:
        """The model's outputs for all of x, in batches: `model.predict`."""
        return self.model.predict(x, batch_size)

    def save(self, path: str | Path) -> None:
        """Writes everything that the training needs to go on to one safetensors file, whole or not at all.

        That is the model, the optimizer's and the schedule's state, the random generators, the epochs and the
        history, and what callbacks remember. `fastconv.load` reads the model in it. Within `fit`, save when
        every callback has seen the end of the epoch: in `Callback.on_save`, as `callbacks.ModelCheckpoint`.
        ValueError for layers, losses, optimizers and schedules that are not fastconv's.
        """
        if self._run.leads:
            parts = self.model, self.loss, self.optimizer, self.lr_scheduler
            checkpoints.save(path, *parts, self.state_dict())

    @classmethod
    def resume(
        cls,
        path: str | Path,
        metrics: Mapping[str, str | Function | Metric] | Iterable[str | Function | Metric] | None = None,
        callbacks: Given = (),
        parallel: MPI | None = None,
    ) -> "Trainer":
        """The trainer that `save` wrote. A run that it goes on with ends with the bits of one never stopped.

        After a complete `fit`, the next one trains its `epochs` in addition. Saved inside a `fit`, the next
        one is the rest of it: call it with the same arguments and callbacks. Metrics that were given by name
        come back; functions, `metrics.Metric` and callbacks are code, which no file holds: give them again,
        and all metrics then. `parallel` may have another number of ranks than before, and needs the same
        shards. FileNotFoundError, ValueError as for `fastconv.load`.
        """
        own = listed("resume", callbacks)
        model, loss, optimizer, scheduler, state = checkpoints.load(path)
        with checkpoints.fitting(path):
            if metrics is None:
                metrics = again(state["metrics"])
            interval = state.get("lr_scheduler_interval", "epoch")
            check_shards(state.get("shards", 1), parallel)
            trainer = cls(model, loss, optimizer, metrics, own, None, scheduler, interval, parallel)
            trainer.load_state_dict(state)
        return trainer

    def state_dict(self) -> dict[str, Any]:
        """A copy of what the trainer itself remembers: arrays, and what JSON can hold."""
        return {
            "metrics": self._chosen_metrics,
            "clip_norm": self.clip_norm,
            "lr_scheduler_interval": self.lr_scheduler_interval,
            "shards": self._run.shards,
            "epochs": self.epochs,
            "history": copy.deepcopy(vars(self.history)),
            "fit": self._fit_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` gave; if that was inside a `fit`, the next one is the rest of it."""
        self.epochs = int(state["epochs"])
        self.history.epoch = list(state["history"]["epoch"])
        self.history.history = dict(state["history"]["history"])
        self.clip_norm = state["clip_norm"]
        if (fit := state["fit"]) is not None:
            self._done, self.stop_training = int(fit["done"]), bool(fit["stopped"])
            self._callback_states = list(fit["callbacks"])

    def _fit_state(self) -> dict[str, Any] | None:
        """Where inside `fit` the trainer is; None outside."""
        if not self._done:
            return None
        states = [[type(hook).__name__, hook.state_dict()] for hook in self._hooks]
        return {"done": self._done, "stopped": self.stop_training, "callbacks": [s for s in states if s[1]]}

    def _begin(self) -> None:
        """Starts a fit, or goes on with a resumed one; if a callback raises, the old history stays."""
        self._warned = False
        earlier = self.history
        if not self._done:
            self.history = History()
            self.stop_training = False
        try:
            for hook in self._hooks:
                hook.on_fit_begin(self)
        except BaseException:
            self.history = earlier
            raise
        restored(self._hooks, self._callback_states)
        self._callback_states = []

    def _end_epoch(self, epoch: int, logs: Logs) -> None:
        """What follows the measurements of an epoch: the schedule, the history, the callbacks."""
        self._schedule.after_epoch(logs)
        for hook in self._hooks:
            logs |= hook.epoch_figures(self)
        self.epochs += 1
        self._done = epoch + 1
        self.history.add(epoch, logs)
        for hook in self._hooks:
            hook.on_epoch_end(self, epoch, logs)
        for hook in self._hooks:
            hook.on_save(self, epoch, logs)

    def _update(self, taken: Any, measured: Figures | None = None) -> tuple[float, bool]:
        """One step of training; the loss before it, and whether anything in the batch counts for it."""
        descent = Descent(self.optimizer, self._names, self.clip_norm)
        output, y, weight, loss, update = self._run.forward(taken, descent)
        # Metrics come before the update: one that fails has changed no parameter.
        counts = measured is None or measured.add(loss, output, y, weight)
        update()
        self._schedule.after_step()
        return loss, counts

    def _train(self, data: Iterable[Any], epoch: int) -> Logs:
        """One epoch of training; the means of what its batches gave."""
        measured = Figures(self.loss, self.metrics)
        for number, taken in enumerate(data):
            loss, counts = self._update(taken, measured)
            if not counts:
                loss = 0.0  # the mean over no samples is NaN, but no failure
            if not (math.isfinite(loss) or self._warned):
                self._warned = True
                warn_of_loss(loss, epoch, number)
            for hook in self._hooks:
                hook.on_batch_end(self, number, {"loss": loss})
            if self.stop_training:
                break
        return measured.values()

    def _measure_all(self, data: Batches) -> Logs:
        """The means of loss and metrics over all batches, without training."""
        with self._run.epoch(data, None) as taken:
            return self._measure(taken, self._run)

    def _measure(self, data: Iterable[Any], run: Alone | Together) -> Logs:
        """The same over what `run` takes."""
        measured = Figures(self.loss, self.metrics)
        for taken in data:
            output, y, weight = run.predict(taken)
            measured.add(self.loss.forward(output, y, weight)[0], output, y, weight)
        return measured.values()
