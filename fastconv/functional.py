"""The operations, with the names and arguments of torch.nn.functional, on NumPy arrays.

Arrays are float32 or float64, one type per call. Any memory layout and either byte order is
accepted; the arguments are left as they are (but for running statistics, which training moves), and the
result is a fresh array of their type.
"""

from fastconv.ops.activation import (
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu,
    relu6,
    sigmoid,
    silu,
    softplus,
    tanh,
)
from fastconv.ops.adaptive_pool import adaptive_avg_pool1d, adaptive_avg_pool2d
from fastconv.ops.arithmetic import add, divide, maximum, minimum, multiply, power, subtract
from fastconv.ops.avg_pool import avg_pool1d, avg_pool2d
from fastconv.ops.conv import conv2d
from fastconv.ops.conv1d import conv1d
from fastconv.ops.conv_transpose import conv_transpose2d
from fastconv.ops.dense import linear
from fastconv.ops.dropout import dropout, dropout2d, dropout_mask
from fastconv.ops.join import concat
from fastconv.ops.loss.binary import binary_cross_entropy, binary_cross_entropy_with_logits
from fastconv.ops.loss.classes import cross_entropy, nll_loss
from fastconv.ops.loss.distance import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from fastconv.ops.max_pool import adaptive_max_pool2d, max_pool1d, max_pool2d
from fastconv.ops.norm import (
    batch_norm,
    channel_norm,
    channel_statistics,
    group_norm,
    instance_norm,
    layer_norm,
)
from fastconv.ops.reduce import mean, sum_to_size
from fastconv.ops.resample import interpolate, pad, pixel_shuffle
from fastconv.ops.response_norm import local_response_norm
from fastconv.ops.softmax import log_softmax, softmax

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "add",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "channel_norm",
    "channel_statistics",
    "concat",
    "conv1d",
    "conv2d",
    "conv_transpose2d",
    "cross_entropy",
    "divide",
    "dropout",
    "dropout2d",
    "dropout_mask",
    "elu",
    "gelu",
    "group_norm",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "maximum",
    "mean",
    "minimum",
    "mse_loss",
    "multiply",
    "nll_loss",
    "pad",
    "pixel_shuffle",
    "power",
    "prelu",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "subtract",
    "sum_to_size",
    "tanh",
]
