"""The NumPy twins of the kernels: every operation written down as its formula.

Same names and signatures as `fastconv.kernels`. Arrays are float32 or float64, one type per call;
sums run in float64 and the result is cast at the end. Arguments are not checked here:
`fastconv.functional` and `fastconv.grad` do that. NumPy's floating-point warnings stay on, they
tell where a NaN was born.
"""

from fastconv.reference.activation import (
    log_softmax,
    log_softmax_input,
    relu,
    relu_input,
    sigmoid,
    sigmoid_input,
    softmax,
    softmax_input,
)
from fastconv.reference.conv import conv2d, conv2d_bias, conv2d_input, conv2d_weight, conv_transpose2d
from fastconv.reference.dense import linear, linear_bias, linear_input, linear_weight
from fastconv.reference.join import add, concat, concat_input
from fastconv.reference.loss import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_input,
    cross_entropy,
    cross_entropy_input,
    mse_loss,
    mse_loss_input,
)
from fastconv.reference.norm import (
    channel_norm,
    channel_norm_gradients,
    channel_statistics,
    layer_norm,
    layer_norm_gradients,
)
from fastconv.reference.optimizer import adam, sgd
from fastconv.reference.pool import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_input,
    adaptive_max_pool2d,
    avg_pool2d,
    avg_pool2d_input,
    max_pool2d,
    max_pool2d_input,
)
from fastconv.reference.resample import (
    interpolate,
    interpolate_input,
    pad,
    pad_input,
    pixel_shuffle,
    pixel_shuffle_input,
)

__all__ = [
    "adam",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input",
    "adaptive_max_pool2d",
    "add",
    "avg_pool2d",
    "avg_pool2d_input",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_input",
    "channel_norm",
    "channel_norm_gradients",
    "channel_statistics",
    "concat",
    "concat_input",
    "conv2d",
    "conv2d_bias",
    "conv2d_input",
    "conv2d_weight",
    "conv_transpose2d",
    "cross_entropy",
    "cross_entropy_input",
    "interpolate",
    "interpolate_input",
    "layer_norm",
    "layer_norm_gradients",
    "linear",
    "linear_bias",
    "linear_input",
    "linear_weight",
    "log_softmax",
    "log_softmax_input",
    "max_pool2d",
    "max_pool2d_input",
    "mse_loss",
    "mse_loss_input",
    "pad",
    "pad_input",
    "pixel_shuffle",
    "pixel_shuffle_input",
    "relu",
    "relu_input",
    "sgd",
    "sigmoid",
    "sigmoid_input",
    "softmax",
    "softmax_input",
]
