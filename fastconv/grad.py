"""The gradients of `fastconv.functional`, named <operation>_<argument>, as in torch.nn.grad.

Each is the gradient of a loss L with respect to that argument, given `grad_output` = dL/doutput;
the gradients of the losses themselves need none. Arrays as in `fastconv.functional`.
"""

from fastconv.ops.activation import (
    elu_input,
    gelu_input,
    hardsigmoid_input,
    hardswish_input,
    hardtanh_input,
    leaky_relu_input,
    prelu_input,
    prelu_weight,
    relu6_input,
    relu_input,
    sigmoid_input,
    silu_input,
    softplus_input,
    tanh_input,
)
from fastconv.ops.adaptive_pool import adaptive_avg_pool1d_input, adaptive_avg_pool2d_input
from fastconv.ops.arithmetic import (
    divide_input,
    divide_other,
    maximum_input,
    maximum_other,
    minimum_input,
    minimum_other,
    multiply_input,
    multiply_other,
    power_input,
)
from fastconv.ops.avg_pool import avg_pool1d_input, avg_pool2d_input
from fastconv.ops.conv import conv2d_bias, conv2d_input, conv2d_weight
from fastconv.ops.conv1d import conv1d_bias, conv1d_input, conv1d_weight
from fastconv.ops.conv_transpose import conv_transpose2d_bias, conv_transpose2d_input, conv_transpose2d_weight
from fastconv.ops.dense import linear_bias, linear_input, linear_weight
from fastconv.ops.dropout import dropout2d_input, dropout_input
from fastconv.ops.join import concat_input
from fastconv.ops.loss.binary import binary_cross_entropy_input, binary_cross_entropy_with_logits_input
from fastconv.ops.loss.classes import cross_entropy_input, nll_loss_input
from fastconv.ops.loss.distance import huber_loss_input, l1_loss_input, mse_loss_input, smooth_l1_loss_input
from fastconv.ops.max_pool import adaptive_max_pool2d_input, max_pool1d_input, max_pool2d_input
from fastconv.ops.norm_gradients import (
    batch_norm_bias,
    batch_norm_input,
    batch_norm_weight,
    channel_norm_gradients,
    group_norm_bias,
    group_norm_input,
    group_norm_weight,
    instance_norm_bias,
    instance_norm_input,
    instance_norm_weight,
    layer_norm_bias,
    layer_norm_gradients,
    layer_norm_input,
    layer_norm_weight,
)
from fastconv.ops.reduce import mean_input
from fastconv.ops.resample import interpolate_input, pad_input, pixel_shuffle_input
from fastconv.ops.response_norm import local_response_norm_input
from fastconv.ops.softmax import log_softmax_input, softmax_input

__all__ = [
    "adaptive_avg_pool1d_input",
    "adaptive_avg_pool2d_input",
    "adaptive_max_pool2d_input",
    "avg_pool1d_input",
    "avg_pool2d_input",
    "batch_norm_bias",
    "batch_norm_input",
    "batch_norm_weight",
    "binary_cross_entropy_input",
    "binary_cross_entropy_with_logits_input",
    "channel_norm_gradients",
    "concat_input",
    "conv1d_bias",
    "conv1d_input",
    "conv1d_weight",
    "conv2d_bias",
    "conv2d_input",
    "conv2d_weight",
    "conv_transpose2d_bias",
    "conv_transpose2d_input",
    "conv_transpose2d_weight",
    "cross_entropy_input",
    "divide_input",
    "divide_other",
    "dropout2d_input",
    "dropout_input",
    "elu_input",
    "gelu_input",
    "group_norm_bias",
    "group_norm_input",
    "group_norm_weight",
    "hardsigmoid_input",
    "hardswish_input",
    "hardtanh_input",
    "huber_loss_input",
    "instance_norm_bias",
    "instance_norm_input",
    "instance_norm_weight",
    "interpolate_input",
    "l1_loss_input",
    "layer_norm_bias",
    "layer_norm_gradients",
    "layer_norm_input",
    "layer_norm_weight",
    "leaky_relu_input",
    "linear_bias",
    "linear_input",
    "linear_weight",
    "local_response_norm_input",
    "log_softmax_input",
    "max_pool1d_input",
    "max_pool2d_input",
    "maximum_input",
    "maximum_other",
    "mean_input",
    "minimum_input",
    "minimum_other",
    "mse_loss_input",
    "multiply_input",
    "multiply_other",
    "nll_loss_input",
    "pad_input",
    "pixel_shuffle_input",
    "power_input",
    "prelu_input",
    "prelu_weight",
    "relu6_input",
    "relu_input",
    "sigmoid_input",
    "silu_input",
    "smooth_l1_loss_input",
    "softmax_input",
    "softplus_input",
    "tanh_input",
]
