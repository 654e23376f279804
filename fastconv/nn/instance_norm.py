"""InstanceNorm1d and InstanceNorm2d: each channel of each sample, normalised."""

import math

import numpy as np
from numpy.typing import DTypeLike

from fastconv.backends import active
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.norm import _Tracking
from fastconv.types import Array, Shape


class _InstanceNorm(_Tracking):
    """What InstanceNorm1d and InstanceNorm2d share: all but the axes of a sample."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._set(num_features=num_features, momentum=momentum)
        groups = self.num_features
        super().__init__(groups, groups, eps, affine, track_running_stats, dtype)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x normalised, also one sample without a batch axis, and the closure for the gradients."""
        if getattr(x, "ndim", 0) != 1 + len(self.pixels):
            return super().forward(x, training)
        y, of_batch = super().forward(x[None], training)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            dx, gradients = of_batch(dy[None], input_gradient)
            return (None if dx is None else dx[0]), gradients

        return y[0], backward

    def _alone(self, shape: Shape) -> bool:
        return math.prod(shape[2:]) == 1

    def _track(self, mean: Array, var: Array, count: int) -> None:
        """Does not count the batches, as in PyTorch."""
        if count and self.momentum is not None:
            running = self._buffers["running_mean"], self._buffers["running_var"]
            active().update_statistics(*running, mean.mean(axis=0), var.mean(axis=0), count, self.momentum)


class InstanceNorm1d(_InstanceNorm):
    """y = w · (x - mean) / √(var + eps) + b for signals x (N, C, L); mean and var of each signal's channel.

    As `InstanceNorm2d`; n is L. ValueError for signals of one value.

    **Arguments:**

    - `num_features`: C, the channels.
    - `eps`: what is added to the variance.
    - `momentum`: the share of the newest batch in the running statistics; None leaves them as they are, as in
      PyTorch.
    - `affine`: whether there are w and b, which begin as 1 and 0.
    - `track_running_stats`: whether there are running statistics.
    - `dtype`: the type of all numbers, and of the inputs that the layer takes: float32 or float64.
    """

    pixels = ("L",)


class InstanceNorm2d(_InstanceNorm):
    """y = w · (x - mean) / √(var + eps) + b for images x (N, C, H, W); mean and var of each image's channel.

    With running statistics, evaluation normalises all images by them; in training they move towards the means
    over the batch. Gradients as those of `BatchNorm1d`, n = H·W, summed over the batch for w and b. Ulyanov
    et al., "Instance normalization: the missing ingredient for fast stylization", 2016. ValueError for images
    of one pixel.

    **Arguments:**

    - `num_features`: C, the channels.
    - `eps`: what is added to the variance.
    - `momentum`: the share of the newest batch in the running statistics; None leaves them as they are, as in
      PyTorch.
    - `affine`: whether there are w and b, which begin as 1 and 0.
    - `track_running_stats`: whether there are running statistics.
    - `dtype`: the type of all numbers, and of the inputs that the layer takes: float32 or float64.
    """

    takes_images = True
    pixels = ("H", "W")
