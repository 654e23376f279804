"""Layers with a padding that PyTorch's lack, which differs between the sides. Imports PyTorch."""

import math
from itertools import chain
from typing import Any

from torch import nn
from torch.nn import functional as F

from fastconv import validate


class _Padded:
    """A module whose `padding` is one of fastconv's."""

    def __init__(self, *, padding: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.padding = padding


class _Convolution(_Padded):
    def forward(self, x: Any) -> Any:
        """The convolution of the padded x."""
        module: Any = self
        window = module.stride, 0, module.dilation, module.groups
        function = F.conv2d if module.weight.ndim == 4 else F.conv1d
        return function(F.pad(x, _sides(module, x)), module.weight, module.bias, *window)


class Conv1d(_Convolution, nn.Conv1d):
    """A convolution of signals."""


class Conv2d(_Convolution, nn.Conv2d):
    """A convolution of images."""


class ConvTranspose2d(_Padded, nn.ConvTranspose2d):
    """A transposed convolution, of which the padding is cut off."""

    def forward(self, x: Any) -> Any:
        """The part of the output that is left."""
        window = self.stride, 0, self.output_padding, self.groups, self.dilation
        y = F.conv_transpose2d(x, self.weight, self.bias, *window)
        return F.pad(y, [-side for side in _sides(self, x)])


class _Maximum(_Padded):
    def forward(self, x: Any) -> Any:
        """The maxima of the padded x."""
        module: Any = self
        x = F.pad(x, _sides(module, x), value=-math.inf)
        function = F.max_pool2d if x.ndim == 4 else F.max_pool1d
        window = module.kernel_size, module.stride, 0, module.dilation, module.ceil_mode
        return function(x, *window)


class MaxPool1d(_Maximum, nn.MaxPool1d):
    """The maxima of signals."""


class MaxPool2d(_Maximum, nn.MaxPool2d):
    """The maxima of images."""


def _sides(module: Any, x: Any) -> list[int]:
    """What is added before and after each axis, the last one first."""
    axes = x.ndim - 2
    if module.padding != "same_upper":
        pairs = validate.padding(type(module).__name__, module.padding, axes)
        return [*chain(*reversed(pairs))]
    windows = (module.kernel_size, module.stride, module.dilation)
    each = zip(x.shape[2:], *(validate.per_axis("", "", w, axes=axes) for w in windows), strict=True)
    totals = [max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n) for n, k, s, d in each]
    return [*chain(*((total // 2, total - total // 2) for total in reversed(totals)))]
