"""A convolutional network as a classifier of scikit-learn."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from fastconv import functional as F
from fastconv import nn, validate
from fastconv.interop.sklearn.estimator import ConvEstimator
from fastconv.interop.sklearn.networks import network
from fastconv.nn.base import BATCH_SIZE
from fastconv.training.batches.weights import BALANCED
from fastconv.training.metrics import Accuracy
from fastconv.types import Array

NO_LABEL = -validate.LARGEST
"""What the loss ignores: its own -100 may be a label here."""


class ConvClassifier(ClassifierMixin, ConvEstimator):
    """A convolutional network that classifies images, or rows of features, under scikit-learn's rules.

    Images are (N, H, W), (N, H, W, C), (N, C, H, W), or rows with `image_shape`; other rows (N, F) are
    features of a dense network. float32 and float64 are computed in their type, images of uint8 are divided
    by 255, all other numbers become float64. Labels are of any type. The loss is the cross-entropy, weighted
    by samples and classes.

    What is fitted depends on the samples and their weights alone, not on their order: a weight of 2 does what
    a second copy does, a weight of 0 what leaving the sample out does, to the last bit. Equal samples are
    merged for that, so that a batch has `batch_size` different ones.

    >>> import fastconv as fc
    >>> from fastconv.interop.sklearn import ConvClassifier
    >>> data = fc.data.digits()
    >>> classifier = ConvClassifier(epochs=5, lr=0.01, lr_schedule="one-cycle", random_state=0)
    >>> classifier.fit(*data.train).score(*data.test) > 0.98
    True

    **Arguments:**

    - `model`: "auto", which is a small LeNet (`models.digits`) for images up to 32 x 32, `models.resnet8` for
      larger ones, a dense layer of 50 for rows and for images below 4 x 4; another name of `models.names()`;
      an `nn.Layer`, of which a copy goes on from the numbers it has; or a function of (input_shape, outputs,
      seed) that makes a layer. It gives a logit for each class. Those by name begin with a frozen batch norm
      that gives each channel or feature of the training samples mean 0 and variance 1; all others get X as it
      is.
    - `image_shape`: the shape of a sample, (H, W), (H, W, C) or (C, H, W); rows (N, F) are images then.
    - `channels`: where channels stand in a sample of three axes, "first" or "last"; "auto" is the one of the
      two that has at most 4 values, and an error where both or neither has.
    - `epochs`: how often all samples are trained on.
    - `batch_size`: the samples in a batch; more, where the last batch would be a single one.
    - `optimizer`: "adam", "adamw", "rmsprop", "sgd" (with Nesterov's momentum of 0.9), or a function of
      (parameters, lr=...) such as `optim.Adam`.
    - `lr`: the learning rate; None is the optimizer's own: 0.003 of Adam and AdamW, 0.001 of RMSprop, 0.03 of
      SGD.
    - `lr_schedule`: its schedule in `fit` as the command line has it: "one-cycle", "cosine",
      "step,step_size=10", ...; None is a steady rate.
    - `augment`: changes the batches that are trained on, as in `Trainer.fit`: one of `data.augment`.
    - `class_weight`: {label: weight}, "balanced" for W / (K W_c), where W sums the weights of all samples and
      W_c those of one of the K classes, or None.
    - `early_stopping`: whether `fit` keeps a share of the samples for validation, the same of each class,
      stops when their loss no longer improves, and ends with the network of the best epoch.
    - `validation_fraction`: that share, from 0 to 1.
    - `n_iter_no_change`: after how many epochs in a row without improvement it stops.
    - `tol`: what counts as an improvement of the loss: more than this.
    - `warm_start`: whether `fit` goes on with the network of the last one.
    - `random_state`: draws the first numbers of a network and the order of samples: an integer, a
      `numpy.random.RandomState`, or None.
    - `verbose`: whether progress is shown.

    **Attributes:**

    - `model_`: the network, an `nn.Layer`: it can be saved, explained and exported.
    - `classes_`: the labels (C,), sorted; they are the `classes` of `model_` where they are strings or
      integers.
    - `n_iter_`: the epochs trained so far.
    - `history_`: {figure: its value in each epoch}; `loss_curve_` is that of the loss.
    - `n_features_in_`: the numbers of a sample; `feature_names_in_`: the columns of a data frame.
    """

    split_mode: ClassVar[str] = "stratify"

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
        class_weight: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(
            model,
            image_shape=image_shape,
            channels=channels,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            lr=lr,
            lr_schedule=lr_schedule,
            augment=augment,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Trains for one epoch on these samples, from where the last call ended; returns the estimator.

        The first call makes the network, as `fit` does, and needs `classes`, the labels of all samples to
        come. The learning rate is `lr`, without the schedule. ValueError, TypeError as for `fit`.
        """
        name = type(self).__name__
        if isinstance(self.class_weight, str):
            needs = "None or a dict: a part does not tell how many samples of a class there are"
            raise validate.wrong_value(name, "class_weight", repr(self.class_weight), needs)
        if not hasattr(self, "model_"):
            if classes is None:
                needs = "the labels of all samples to come, in the first call of partial_fit"
                raise validate.wrong_value(name, "classes", None, needs)
            self._learn(classes)
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            needs = f"those of the first call, {self.classes_.tolist()}"
            raise validate.wrong_value(name, "classes", repr(classes), needs)
        return self._fit_part(X, y, sample_weight, learn=False)

    def predict(self, X: Any) -> Array:
        """The most likely label of each sample (N,)."""
        outputs = self._outputs(X)
        labels: Array = self.classes_[outputs.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class (N, C), in the order of `classes_`: the softmax of the logits."""
        return F.softmax(self._outputs(X), 1)

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of the probabilities (N, C)."""
        return F.log_softmax(self._outputs(X), 1)

    def decision_function(self, X: Any) -> Array:
        """The logits (N, C); of two classes (N,), by how much the second one's is larger."""
        logits = self._outputs(X)
        return logits if len(self.classes_) > 2 else logits[:, 1] - logits[:, 0]

    def _learn(self, labels: Any) -> None:
        """Sets `classes_`; ValueError for labels of no classification, and for a single one."""
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            got = f"1 class, {self.classes_.tolist()}"
            raise validate.wrong_value(type(self).__name__, "y", got, "at least 2 classes")

    def _targets(self, y: Array, learn: bool) -> Array:
        """The number of each sample's class (N,); ValueError for labels that are none of the classes."""
        if learn:
            self._learn(y)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            needs = f"labels of classes_, {self.classes_.tolist()}"
            raise validate.wrong_value(type(self).__name__, "y", f"the label {unknown.tolist()[0]!r}", needs)
        return np.searchsorted(self.classes_, y)

    def _network(self, x: Array, y: Array, weight: Array, seed: int) -> nn.Layer:
        model = network(type(self).__name__, self.model, x, len(self.classes_), seed, weight)
        model.classes = self._labels()
        return model

    def _training(self, y: Array, weight: Array) -> tuple[nn.Loss, Any, Array, Array]:
        if self.class_weight is not None:
            weight = weight * self._weights_of_classes(y, weight)[y]
        targets = y if self._labels() is None else self.classes_[y]
        loss = nn.CrossEntropyLoss(ignore_index=NO_LABEL)
        return loss, {"accuracy": Accuracy(weighted=True)}, targets, weight

    def _labels(self) -> Array | None:
        """The labels, where a model can hold them: strings or integers."""
        words = all(isinstance(label, str) for label in self.classes_)
        return self.classes_ if words or self.classes_.dtype.kind in "iu" else None

    def _weights_of_classes(self, y: Array, weight: Array) -> Array:
        """The weight of each class (C,)."""
        balanced = isinstance(self.class_weight, str) and self.class_weight == BALANCED
        if not (balanced or isinstance(self.class_weight, Mapping)):
            got, needs = repr(self.class_weight), "a dict of label and weight, 'balanced' or None"
            raise validate.wrong_value(type(self).__name__, "class_weight", got, needs)
        if balanced:
            found = np.bincount(y, weight, len(self.classes_))
            return found.sum() / (np.count_nonzero(found) * np.where(found, found, np.inf))
        table: Array = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[y])
        return table
