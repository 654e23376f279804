"""What losses share.

Each is a mean over the batch, or a sum. With `sample_weight` every sample's term is multiplied by its weight
and the divisor stays what it was, as in Keras: mean = Σ_i s_i l_i / N.
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from fastconv import exchange, validate
from fastconv.attributes import Settings
from fastconv.nn.contract import built_in, checked_loss
from fastconv.ops.loss.targets import element_target
from fastconv.types import Array, Shape

LossBackward = Callable[[], Array]
"""`backward() -> dL/doutput`."""

OUTPUT = "the model's output"
"""The name in errors of the array that targets are compared with."""


class Loss(Settings):
    """A number that training makes small, and its gradient with respect to the network's output.

    A loss of your own derives from this class and overrides `forward`, with these arguments and results;
    TypeError where it has others. It overrides `count` too where its mean is not one over the elements of the
    output, and `check` where it can tell before training which targets do not fit. Attributes are set in its
    constructor.

    **Arguments:**

    - `reduction`: "mean" or "sum" over the batch.
    """

    decides = True
    reduction: str = "mean"
    takes_classes: ClassVar[bool] = False
    """Whether the output's second axis is classes, and a target one of them for each sample or pixel."""
    threshold: ClassVar[float | None] = None
    """Where each output says yes or no by itself, the value above which it says yes."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "forward" in vars(cls) and not built_in(cls):
            cls.forward = checked_loss(cls.__name__, cls.forward)  # type: ignore[method-assign]

    def __call__(self, output: Array, target: Array) -> float:
        """The loss of a batch."""
        return self.forward(output, target)[0]

    def forward(
        self, output: Array, target: Array, sample_weight: Array | None = None
    ) -> tuple[float, LossBackward]:
        """The loss of a batch, and the closure that gives its gradient with respect to `output`.

        `sample_weight` multiplies each sample's term: (N,), or a weight for each term, as for pixels: the
        shape of the labels, or of the output where targets have that. The mean over nothing (all labels are
        ignored, or the weights of their classes are 0) is NaN, and its gradient 0.
        """
        if type(output) is not np.ndarray or type(target) is not np.ndarray:
            output, target = exchange.all_taken(type(self).__name__, "forward", (output, target))
        if sample_weight is None:
            options = {"reduction": self.reduction, **self._options(output)}
            return float(self._value(output, target, **options)), lambda: self._gradient(
                output, target, **options
            )
        options = {"reduction": "none", **self._options(output)}
        terms = self._value(output, target, **options)
        divisor = self.count(output, target, sample_weight) if self.reduction == "mean" else 1.0
        scale = self._scale(sample_weight, terms, output, divisor)

        def backward() -> Array:
            gradient = self._gradient(output, target, **options)
            return gradient * spread(scale, gradient.ndim)

        total = float((terms * spread(scale, terms.ndim)).sum(dtype=np.float64))
        return total if divisor else math.nan, backward

    def count(self, output: Array, target: Array, sample_weight: Array | None = None) -> float:
        """The divisor of the mean over this batch; here the number of elements of the output.

        Means of batches, weighted by their counts, give the mean of all samples, whatever the batch size.
        """
        return float(output.size)

    def remainder(self, output: Array, target: Array, sample_weight: Array | None = None) -> float:
        """The sum of the terms of a batch whose `count` is 0, of which there is no mean; here 0."""
        return 0.0

    def check(self, function: str, name: str, target: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
        """TypeError or ValueError for targets that do not fit an output of this shape and dtype.

        `function` and `name` are what the error calls the call and its argument. `Trainer` asks before the
        first step. A loss that does not say otherwise takes any target, but no floats of another dtype.
        """
        if target.dtype.kind == "f":
            element_target(function, name, target, OUTPUT, target.shape, dtype)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"reduction": self.reduction}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.config().items())})"

    def _checked(self, name: str, value: Any) -> Any:
        if name == "reduction" and not (isinstance(value, str) and value in ("mean", "sum")):
            needs = "'mean' or 'sum': training needs one number"
            raise validate.wrong_value(type(self).__name__, name, repr(value), needs)
        return super()._checked(name, value)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        raise NotImplementedError(f"{type(self).__name__}: forward: a loss of your own overrides it")

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        raise NotImplementedError

    def _options(self, output: Array) -> dict[str, Any]:
        """The function's other arguments, in the output's dtype."""
        return {}

    def _scale(self, sample_weight: Array, terms: Array, output: Array, divisor: float) -> Array:
        """Each term's factor: its weight over the divisor, 0 where that is 0."""
        sample_weight = exchange.taken(type(self).__name__, "sample_weight", sample_weight)
        shape, samples = np.shape(sample_weight), len(output)
        if shape not in ((samples,), terms.shape):
            needs = f"({samples},): one a sample"
            if terms.ndim > 1:
                needs += f", or {terms.shape}: one a term"
            raise validate.wrong_value(type(self).__name__, "sample_weight", f"shape {shape}", needs)
        weights = np.asarray(sample_weight, np.float64)
        return (weights / divisor if divisor else np.zeros_like(weights)).astype(output.dtype)


class ElementLoss(Loss):
    """What losses with a target for each element of the output share."""

    def check(self, function: str, name: str, target: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
        """TypeError or ValueError for targets that do not fit an output of this shape and dtype."""
        all_finite(function, name, element_target(function, name, target, OUTPUT, shape, dtype))


def spread(values: Array, ndim: int) -> Array:
    """Values (N,) or (N, d1, ...) with as many axes as they are multiplied with, which may have classes."""
    if values.ndim == ndim:
        return values
    return values.reshape(len(values), *(1,) * (ndim - values.ndim), *values.shape[1:])


def all_finite(function: str, name: str, target: Array) -> None:
    """ValueError for targets that would make the loss infinite or no number."""
    finite = np.isfinite(target)
    if not finite.all():
        where = tuple(np.argwhere(~finite)[0].tolist())
        raise validate.wrong_value(function, name, f"{target[where]} at index {where}", "finite numbers")


def numbers(function: str, name: str, value: Any) -> Array:
    """A read-only copy of an array of finite numbers."""
    try:
        numbers = np.array(exchange.taken(function, name, value))
    except ValueError:  # lists of different lengths
        numbers = np.empty(0, object)
    if numbers.dtype.kind not in "iuf":
        raise validate.wrong_type(function, name, repr(value), "an array of numbers")
    if not np.isfinite(numbers).all():
        raise validate.wrong_value(function, name, repr(value), "finite numbers")
    if numbers.dtype.kind != "f":
        numbers = numbers.astype(np.float64)
    numbers.flags.writeable = False
    return numbers
