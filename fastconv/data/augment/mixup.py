"""Mixtures of two images and of their labels."""

from typing import Any

import numpy as np

from fastconv import validate
from fastconv.data.augment.base import Augmentation
from fastconv.types import Array


class Mixup(Augmentation):
    """Mixes each image with another one of the batch, and their labels with them.

    x = l x_i + (1 - l) x_j and y = l y_i + (1 - l) y_j, with j from a random permutation of the batch and l
    from the beta distribution B(alpha, alpha), one for each image (Zhang et al. 2018,
    https://arxiv.org/abs/1710.09412). Labels become class probabilities, which `CrossEntropyLoss` takes.
    A weight of a sample or of its class stays that of i.

    **Arguments:**

    - `alpha`: above 0: the smaller, the more images stay nearly as they are.
    - `classes`: how many classes there are; None where labels are probabilities already.
    """

    def __init__(self, alpha: float = 0.2, classes: int | None = None) -> None:
        self.alpha = alpha
        self.classes = classes

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The mixed images, and the probabilities (N, classes) in their dtype."""
        probabilities = self._probabilities(labels, images.dtype)
        shares = rng.beta(self.alpha, self.alpha, len(images)).astype(images.dtype)
        others = rng.permutation(len(images))
        return mixed(images, others, shares), mixed(probabilities, others, shares)

    def _probabilities(self, labels: Array, dtype: np.dtype[Any]) -> Array:
        if labels.ndim == 2 and labels.dtype.kind == "f":
            return labels.astype(dtype)
        if self.classes is None:
            got = f"None for {labels.dtype} labels of shape {labels.shape}"
            raise validate.wrong_value("Mixup", "classes", got, "the number of classes: Mixup(classes=10)")
        if labels.ndim != 1:
            needs = f"class numbers (N,), or probabilities (N, {self.classes})"
            raise validate.wrong_value("Mixup", "labels", f"{labels.dtype} of shape {labels.shape}", needs)
        numbers = validate.labels("Mixup", "labels", labels, self.classes)
        return np.eye(self.classes, dtype=dtype)[numbers]

    def _checked(self, name: str, value: Any) -> Any:
        if name == "alpha" and validate.number("Mixup", name, value, 0, 1e6) == 0:
            raise validate.wrong_value("Mixup", name, value, "a number above 0")
        if name == "classes" and value is not None:
            return validate.integer("Mixup", name, value)
        return super()._checked(name, value)


def mixed(values: Array, others: Array, shares: Array) -> Array:
    """l v[i] + (1 - l) v[others[i]] for each i, with l = shares[i]."""
    shares = shares.reshape(-1, *[1] * (values.ndim - 1))
    result: Array = values[others]
    result *= 1 - shares
    result += values * shares
    return result
