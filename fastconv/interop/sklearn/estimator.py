"""What both estimators share: their arguments, and how samples become a trained network."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fastconv import nn, optim, validate
from fastconv.interop.sklearn import arguments
from fastconv.interop.sklearn.distinct import distinct
from fastconv.interop.sklearn.images import images, numbers
from fastconv.interop.sklearn.networks import dtype_of
from fastconv.nn.base import BATCH_SIZE
from fastconv.training.batches.splits import training_part
from fastconv.training.callbacks import EarlyStopping
from fastconv.training.trainer import Trainer
from fastconv.types import Array


class ConvEstimator(BaseEstimator):
    """What `ConvClassifier` and `ConvRegressor` derive from.

    Their docstrings have the arguments.
    """

    checks_of_y: ClassVar[dict[str, Any]] = {}
    """Arguments of scikit-learn's check of the targets."""
    split_mode: ClassVar[str] = "shuffle"
    """Which samples are kept for validation: a `validation_split_mode` of `Trainer.fit`."""

    model_: Any
    _optimizer: optim.Optimizer | None

    def __init__(
        self,
        model: Any = "auto",
        *,
        image_shape: Any = None,
        channels: str = "auto",
        epochs: int = 30,
        batch_size: int = BATCH_SIZE,
        optimizer: Any = "adam",
        lr: float | None = None,
        lr_schedule: str | None = None,
        augment: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.model = model
        self.image_shape = image_shape
        self.channels = channels
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.augment = augment
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains a network on the samples X with the targets y; returns the estimator.

        With `warm_start`, the network that is there goes on. `sample_weight` (N,) are weights of at least 0.
        ValueError, TypeError for arguments and samples that do not fit.
        """
        begin = not (self.warm_start and hasattr(self, "model_"))
        x, y, weight = self._taken(X, y, sample_weight, begin, begin)
        name = type(self).__name__
        epochs = validate.integer(name, "epochs", self.epochs)
        network = self._trained()
        optimizer = arguments.optimizer(name, self.optimizer, self.lr, network)
        options: dict[str, Any] = {"epochs": epochs, "callbacks": []}
        count = len(x)
        if validate.flag(name, "early_stopping", self.early_stopping):
            stopping = EarlyStopping("val_loss", self.n_iter_no_change, self.tol)
            options |= {"callbacks": [stopping], "validation_split_mode": self.split_mode}
            fraction = validate.number(name, "validation_fraction", self.validation_fraction, 0, 1)
            options["validation_split"] = fraction
            count = max(1, training_part(count, fraction))
        batch_size = arguments.batch_size(name, self.batch_size, count)
        steps = math.ceil(count / batch_size)
        schedule = arguments.schedule(name, self.lr_schedule, optimizer, epochs, steps)
        self._train(x, y, weight, optimizer, schedule, batch_size=batch_size, **options)
        self._optimizer = None  # partial_fit begins with a rate and moments of its own
        return self

    def _fit_part(self, X: Any, y: Any, sample_weight: Any, learn: bool) -> Self:
        """Trains for one epoch, from where the last call ended; `learn`: y tells all targets to come."""
        name = type(self).__name__
        begin = not hasattr(self, "model_")
        x, y, weight = self._taken(X, y, sample_weight, begin, begin and learn)
        batch_size = arguments.batch_size(name, self.batch_size, len(x))
        optimizer = self._optimizer or arguments.optimizer(name, self.optimizer, self.lr, self._trained())
        self._train(x, y, weight, optimizer, {}, batch_size=batch_size)
        self._optimizer = optimizer
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _targets(self, y: Array, learn: bool) -> Array:
        """y as an array (N, ...) whose rows tell targets apart; if `learn`, it tells which there are."""
        raise NotImplementedError

    def _network(self, x: Array, y: Array, weight: Array, seed: int) -> nn.Layer:
        """The network for these samples and targets, not trained yet: what is to be `model_`."""
        raise NotImplementedError

    def _trained(self) -> nn.Layer:
        """The part of `model_` that is trained."""
        model: nn.Layer = self.model_
        return model

    def _training(self, y: Array, weight: Array) -> tuple[nn.Loss, Any, Array, Array]:
        """The loss, its metrics, the targets for it, and the weights of the samples."""
        raise NotImplementedError

    def _taken(
        self, X: Any, y: Any, sample_weight: Any, begin: bool, learn: bool
    ) -> tuple[Array, Array, Array]:
        """Images or rows, targets, weights, each sample once; if `begin`, `model_` is for them."""
        name = type(self).__name__
        X, y = self._validated(X, begin, y)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        x = images(name, X, self.image_shape, self.channels)
        x, y, weight = distinct(x, self._targets(y, learn), weight)
        if not len(x):
            raise validate.wrong_value(name, "sample_weight", "zero for each sample", "a weight above 0")
        if begin:
            self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
            self.model_ = self._network(x, y, weight, self._seed)
            self.n_iter_, self.history_ = 0, dict[str, list[float]]()
            self._input_shape = x.shape[1:]
            self._optimizer = None
        self._check_shape(x)
        return self._cast(x), y, weight

    def _train(
        self, x: Array, y: Array, weight: Array, optimizer: optim.Optimizer, schedule: Any, **options: Any
    ) -> None:
        """Trains, and keeps what a `Trainer` tells of it."""
        loss, metrics, y, weight = self._training(y, weight)
        if not weight.any():
            needs = "a weight above 0 for a class of y"
            raise validate.wrong_value(type(self).__name__, "class_weight", "zero for each sample", needs)
        weight = weight / weight.mean()
        trainer = Trainer(self._trained(), loss, optimizer, metrics, **schedule)
        trainer.epochs = self.n_iter_
        history = trainer.fit(
            x,
            y,
            seed=self._seed,
            sample_weight=None if (weight == 1).all() else weight,
            augment=self.augment,
            progress=bool(self.verbose),
            **options,
        )
        for figure, values in history.items():
            self.history_.setdefault(figure, []).extend(values)
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_ = trainer.epochs

    def _validated(self, X: Any, reset: bool, *y: Any) -> Any:
        """X as an array of floats (N, ...), with y if it is given; TypeError, ValueError if invalid."""
        axes = X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim
        checks: dict[str, Any] = {"dtype": "numeric", "allow_nd": True, "ensure_2d": axes < 3}
        checks |= self.checks_of_y if y else {}
        found = validate_data(self, X, *y, reset=reset, **checks)
        x = found[0] if y else found
        if reset and x.ndim > 2:
            self.n_features_in_ = math.prod(x.shape[1:])
        x = numbers(x, x.ndim > 2 or self.image_shape is not None)
        return (x, found[1]) if y else x

    def _outputs(self, X: Any) -> Array:
        """The network's outputs (N, ...) for samples X; NotFittedError before fit."""
        check_is_fitted(self, "model_")
        x = images(type(self).__name__, self._validated(X, False), self.image_shape, self.channels)
        self._check_shape(x)
        outputs: Array = self.model_.predict(self._cast(x))
        return outputs

    def _check_shape(self, x: Array) -> None:
        """ValueError for other samples than the network was made for."""
        if x.shape[1:] != self._input_shape:
            needs = f"{self._input_shape} as in fit"
            raise validate.wrong_value(type(self).__name__, "X", f"samples of shape {x.shape[1:]}", needs)

    def _cast(self, x: Array) -> Array:
        """x in the dtype of the network."""
        return x.astype(dtype_of(self.model_), copy=False)
