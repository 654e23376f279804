"""A convolutional network as a regressor of scikit-learn."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin

from fastconv import nn, validate
from fastconv.interop.sklearn.estimator import ConvEstimator
from fastconv.interop.sklearn.networks import dtype_of, network, scaling
from fastconv.types import Array


class ConvRegressor(RegressorMixin, ConvEstimator):
    """A convolutional network that predicts one or several numbers of images, or of rows of features.

    Samples are taken as by `ConvClassifier`; targets are (N,), or (N, T) for T numbers of each sample. The
    network is trained on targets of mean 0 and variance 1 with the mean squared error, which is the loss in
    `history_`; the last layer of `model_`, which is frozen, gives outputs the targets' mean and deviation.

    What is fitted does not depend on the order of the samples, and a weight of 2 does what a second copy
    does, as there.

    >>> import numpy as np
    >>> from fastconv.interop.sklearn import ConvRegressor
    >>> images = np.random.default_rng(0).normal(size=(100, 6, 6))
    >>> brightness = images.mean(axis=(1, 2))
    >>> ConvRegressor(random_state=0).fit(images, brightness).score(images, brightness) > 0.9
    True

    **Arguments:**

    - `model`: as of `ConvClassifier`; it gives an output for each target, which stands for the standardised
      one.
    - `image_shape`: the shape of a sample, (H, W), (H, W, C) or (C, H, W); rows (N, F) are images then.
    - `channels`: where channels stand in a sample of three axes, "first" or "last"; "auto" is the one of the
      two that has at most 4 values, and an error where both or neither has.
    - `epochs`: how often all samples are trained on.
    - `batch_size`: the samples in a batch; more, where the last batch would be a single one.
    - `optimizer`: "adam", "adamw", "rmsprop", "sgd", or a function of (parameters, lr=...).
    - `lr`: the learning rate; None is the optimizer's own.
    - `lr_schedule`: its schedule in `fit`: "one-cycle", "cosine", "step,step_size=10", ...; None is a steady
      rate.
    - `augment`: changes the batches that are trained on, as in `Trainer.fit`; it sees standardised targets.
    - `early_stopping`: whether `fit` keeps a share of the samples for validation, stops when their loss no
      longer improves, and ends with the network of the best epoch.
    - `validation_fraction`: that share, from 0 to 1.
    - `n_iter_no_change`: after how many epochs in a row without improvement it stops.
    - `tol`: what counts as an improvement of the loss: more than this.
    - `warm_start`: whether `fit` goes on with the network of the last one, and its mean and deviation.
    - `random_state`: draws the first numbers of a network and the order of samples: an integer, a
      `numpy.random.RandomState`, or None.
    - `verbose`: whether progress is shown.

    **Attributes:**

    - `model_`: the network, an `nn.Layer`, whose outputs are in the targets' units.
    - `n_outputs_`: the number of targets.
    - `n_iter_`, `history_`, `loss_curve_`, `n_features_in_`, `feature_names_in_`: as of `ConvClassifier`.
    """

    checks_of_y: ClassVar[dict[str, Any]] = {"multi_output": True, "y_numeric": True}

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains for one epoch on these samples, from where the last call ended; returns the estimator.

        The first call makes the network, as `fit` does: it should see targets of the usual size. The learning
        rate is `lr`, without the schedule. ValueError, TypeError as for `fit`.
        """
        return self._fit_part(X, y, sample_weight, learn=True)

    def predict(self, X: Any) -> Array:
        """The values (N,) or (N, T), as the targets of `fit` were."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._single else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _targets(self, y: Array, learn: bool) -> Array:
        """The targets (N, T) in float64; ValueError for another T than the network has."""
        table = np.asarray(y, np.float64).reshape(len(y), -1)
        if learn:
            self._single, self.n_outputs_ = y.ndim == 1, table.shape[1]
        if table.shape[1] != self.n_outputs_:
            needs = f"{self.n_outputs_} as in fit"
            raise validate.wrong_value(type(self).__name__, "y", f"{table.shape[1]} targets", needs)
        return table

    def _network(self, x: Array, y: Array, weight: Array, seed: int) -> nn.Layer:
        self._mean = np.average(y, axis=0, weights=weight)
        deviation = np.sqrt(np.average(np.square(y - self._mean), axis=0, weights=weight))
        rounding = 10 * np.finfo(np.float64).eps * np.abs(self._mean)
        self._deviation = np.where(deviation > rounding, deviation, 1.0)
        model = network(type(self).__name__, self.model, x, self.n_outputs_, seed, weight)
        layers = model if isinstance(model, nn.Sequential) and isinstance(self.model, str) else [model]
        return nn.Sequential(*layers, scaling(self._mean, self._deviation, dtype_of(model)))

    def _trained(self) -> nn.Layer:
        """All but the layer that gives the outputs the mean and the deviation of the targets."""
        network: nn.Sequential = self.model_[:-1]
        return network

    def _training(self, y: Array, weight: Array) -> tuple[nn.Loss, Any, Array, Array]:
        targets = (y - self._mean) / self._deviation
        return nn.MSELoss(), None, targets.astype(dtype_of(self.model_)), weight
