"""BatchNorm1d, BatchNorm2d and GroupNorm: channels or groups of them, normalised."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.backends import active
from fastconv.nn import arguments
from fastconv.nn.affine import AffineLayer
from fastconv.nn.base import Backward, Gradients
from fastconv.types import Array, Shape


class _ChannelNorm(AffineLayer):
    """What the layers here share: z = (x - mean) / √(var + eps), y = weight · z + bias.

    db = Σ dy, dw = Σ dy·z; with g = weight · dy and E the mean over what shares a mean, dx = (g - E[g] - z ·
    E[g·z]) / √(var + eps), where mean and var come from x, and g / √(var + eps) where they are given.

    **Arguments:**

    - `channels`: the length of axis 1 of x.
    - `groups`: of how many groups of channels each sample has statistics; None: each channel of the batch.
    - `eps`: what is added to the variance.
    - `affine`: whether there are weight and bias.
    - `tracks`: whether there are running statistics, of a subclass with a `momentum`.
    - `dtype`: float32 or float64.
    """

    pixels: ClassVar[tuple[str, ...]] = ()
    """The axes of a sample behind the channels."""
    flat: ClassVar[bool] = False
    """Whether a sample may also have no such axes."""
    eps: float
    momentum: float | None

    def __init__(
        self,
        channels: int,
        groups: int | None,
        eps: float,
        affine: bool,
        tracks: bool,
        dtype: DTypeLike,
    ) -> None:
        name = type(self).__name__
        self.affine = validate.flag(name, "affine", affine)
        shape = (channels,) if self.affine else None
        super().__init__(shape, shape, dtype)
        self.eps = eps
        self._channels, self._groups = channels, groups
        self._tracks = validate.flag(name, "track_running_stats", tracks)
        if self._tracks:
            self._buffers["running_mean"] = np.zeros(channels, self.dtype)
            self._buffers["running_var"] = np.ones(channels, self.dtype)
            self._buffers["num_batches_tracked"] = np.array(0)

    @property
    def running_mean(self) -> Array | None:
        """The running mean (channels,) itself, or None."""
        return self._buffers.get("running_mean")

    @property
    def running_var(self) -> Array | None:
        """The running variance (channels,), unbiased, itself, or None."""
        return self._buffers.get("running_var")

    @property
    def num_batches_tracked(self) -> Array | None:
        """How many batches the running statistics have seen, an array () itself, or None."""
        return self._buffers.get("num_batches_tracked")

    def initialize(self, rng: np.random.Generator) -> None:
        """Sets weight and running variance to 1, bias, running mean and the count of batches to 0."""
        for name, array in self._buffers.items():
            array[...] = name == "running_var"
        super().initialize(rng)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x normalised and the closure for the gradients.

        In training, the running statistics are updated, unless the layer is frozen.
        """
        weight, bias, eps = self.weight, self.bias, self.eps
        training = training and not self._is_frozen()
        of_input = training or not self._tracks
        self._check(x, of_input)
        if of_input:
            mean, var = self._statistics(x)
        else:
            mean, var = self._buffers["running_mean"], self._buffers["running_var"]
        y = F.channel_norm(x, mean, var, weight, bias, eps)
        if training and self._tracks:
            self._track(mean, var, x.size // mean.size if x.size else 0)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            if not (input_gradient or self._trains()):
                return None, dict.fromkeys(self._parameters)
            dw, db, *dx = grad.channel_norm_gradients(
                dy, x, mean, var, weight, eps, of_input, input_gradient=input_gradient
            )
            gradients = self._gradients(weight=lambda: dw, bias=lambda: db)
            return (dx[0] if input_gradient else None), gradients

        return y, backward

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        """Mean and variance of the batch; of one without elements anything, for nothing is normalised."""
        if x.size:
            return F.channel_statistics(x, self._groups)
        shape = (self._channels,) if self._groups is None else (len(x), self._groups)
        return np.zeros(shape, self.dtype), np.ones(shape, self.dtype)

    def _check(self, x: Array, of_input: bool) -> None:
        """TypeError, ValueError for a batch that does not fit; `of_input`: it is to have statistics."""
        name = type(self).__name__
        if not isinstance(x, np.ndarray):
            raise validate.wrong_type(name, "x", type(x).__name__, "a numpy.ndarray")
        if x.ndim < 2 or x.shape[1] != self._channels or not self._takes(x.ndim - 1):
            raise validate.wrong_value(name, "x", f"shape {x.shape}", self._form("N"))
        if of_input and self._alone(x.shape):
            needs = "more than one value for each mean"
            raise validate.wrong_value(name, "x", f"shape {x.shape}", needs)

    def _takes(self, axes: int) -> bool:
        """Whether a sample may have so many axes."""
        return len(self.pixels) == axes - 1 or (axes == 1 and self.flat)

    def _form(self, *before: str) -> str:
        """What x may look like."""
        forms = [self.pixels, ()] if self.flat else [self.pixels]
        return " or ".join(f"({', '.join((*before, str(self._channels), *axes))})" for axes in forms)

    def _alone(self, shape: Shape) -> bool:
        """Whether a batch of this shape has one value for each mean."""
        return shape[0] * math.prod(shape[2:]) == 1

    def _track(self, mean: Array, var: Array, count: int) -> None:
        """Moves the running statistics towards those of a batch of `count` values for each channel.

        A batch without elements is counted, and moves nothing, as in PyTorch.
        """
        running_mean, running_var, batches = self._buffers.values()
        if count == 0:
            batches += 1
            return
        active().update_statistics(running_mean, running_var, mean, var, count, self.momentum, batches)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the input, whose first axis is that of the channels."""
        name = type(self).__name__
        shape = validate.size(name, "input_shape", input_shape)
        if not self._takes(len(shape)):
            raise ValueError(f"{name}: got shape {shape}, needs {self._form()}")
        if shape[0] != self._channels:
            fits = self._fitting(shape[0])
            raise ValueError(f"{name}: got {shape[0]} channels, needs {self._channels}; {fits} would fit")
        return shape

    def _fitting(self, channels: int) -> str:
        """The layer that so many channels would fit."""
        return f"{type(self).__name__}({channels})"

    def multiply_adds(self, input_shape: Shape) -> int:
        """One for each element."""
        return math.prod(input_shape)


class _Tracking(_ChannelNorm):
    """What the layers with running statistics share: arguments and settings."""

    num_features: int
    eps: float
    fixed = ("num_features", "affine", "track_running_stats", "dtype")
    checks: ClassVar[Checks] = {
        "num_features": validate.integer,
        "eps": arguments.finite,
        "momentum": arguments.momentum,
    }

    @property
    def track_running_stats(self) -> bool:
        """Whether there are running statistics."""
        return self._tracks

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "num_features": self.num_features,
            "eps": self.eps,
            "momentum": self.momentum,
            "affine": self.affine,
            "track_running_stats": self.track_running_stats,
            "dtype": self.dtype.name,
        }


class BatchNorm1d(_Tracking):
    """y = w · (x - mean) / √(var + eps) + b for x (N, C) or (N, C, L); mean and var of each channel.

    In training they are those of the batch, and the running ones move towards them by `momentum`, the
    variance unbiased; in evaluation, and where the layer is frozen, they are the running ones. With z = (x -
    mean) / √(var + eps): db = Σ dy, dw = Σ dy·z, dx = w / √(var + eps) · (dy - db/n - z · dw/n), n the
    values of a channel; dx = w / √(var + eps) · dy with running ones. Ioffe and Szegedy, "Batch
    normalization: accelerating deep network training by reducing internal covariate shift", 2015. ValueError
    for one value a channel in training.

    **Arguments:**

    - `num_features`: C, the channels.
    - `eps`: what is added to the variance.
    - `momentum`: the share of the newest batch in the running statistics; None is their mean over all
      batches.
    - `affine`: whether there are w and b, which begin as 1 and 0.
    - `track_running_stats`: whether there are running statistics; without, those of the batch serve in
      evaluation, too.
    - `dtype`: the type of all numbers, and of the inputs that the layer takes: float32 or float64.
    """

    pixels = ("L",)
    flat = True

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._set(num_features=num_features, momentum=momentum)
        super().__init__(self.num_features, None, eps, affine, track_running_stats, dtype)


class BatchNorm2d(_Tracking):
    """y = w · (x - mean) / √(var + eps) + b for images x (N, C, H, W); mean and var of each channel.

    As `BatchNorm1d`, over batch and pixels; n is N·H·W.

    **Arguments:**

    - `num_features`: C, the channels.
    - `eps`: what is added to the variance.
    - `momentum`: the share of the newest batch in the running statistics; None is their mean over all
      batches.
    - `affine`: whether there are w and b, which begin as 1 and 0.
    - `track_running_stats`: whether there are running statistics; without, those of the batch serve in
      evaluation, too.
    - `dtype`: the type of all numbers, and of the inputs that the layer takes: float32 or float64.
    """

    takes_images = True
    pixels = ("H", "W")

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._set(num_features=num_features, momentum=momentum)
        super().__init__(self.num_features, None, eps, affine, track_running_stats, dtype)


class GroupNorm(_ChannelNorm):
    """y = w · (x - mean) / √(var + eps) + b for x (N, C, *); mean and var of groups of a sample's channels.

    Group g has the channels from g · C/num_groups on, and all their pixels. Gradients as those of
    `BatchNorm1d`, with g = w · dy in place of dy inside the means over a group. Training and evaluation are
    the same. Wu and He, "Group normalization", 2018. ValueError for a batch of one value a group.

    **Arguments:**

    - `num_groups`: the groups of a sample, a divisor of num_channels. 1 is layer norm of whole images.
    - `num_channels`: C, the channels.
    - `eps`: what is added to the variance.
    - `affine`: whether there are w and b, one number a channel, which begin as 1 and 0.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    """

    num_groups: int
    num_channels: int
    eps: float
    fixed = ("num_groups", "num_channels", "affine", "dtype")
    checks: ClassVar[Checks] = {
        "num_groups": validate.integer,
        "num_channels": validate.integer,
        "eps": arguments.finite,
    }

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._set(num_groups=num_groups, num_channels=num_channels)
        if self.num_channels % self.num_groups:
            needs = f"a divisor of {num_channels} channels"
            raise validate.wrong_value("GroupNorm", "num_groups", num_groups, needs)
        super().__init__(self.num_channels, self.num_groups, eps, affine, False, dtype)

    def _takes(self, axes: int) -> bool:
        return axes > 0

    def _form(self, *before: str) -> str:
        return f"({', '.join((*before, str(self.num_channels), '*'))})"

    def _alone(self, shape: Shape) -> bool:
        return math.prod(shape) == self.num_groups

    def _fitting(self, channels: int) -> str:
        return f"GroupNorm({math.gcd(self.num_groups, channels)}, {channels})"

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "num_groups": self.num_groups,
            "num_channels": self.num_channels,
            "eps": self.eps,
            "affine": self.affine,
            "dtype": self.dtype.name,
        }
