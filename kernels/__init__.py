"""The kernels' contract: every operation that the layers above may call.

Names and signatures are those of `fastconv.reference`. Arguments have been checked; `input_size` and
`weight_size` are shapes, `stride`, `dilation` and `kernel_size` one value or (height, width), `padding` also
((top, bottom), (left, right)). Results are fresh arrays, images in channels-last memory.
"""

import os

try:
    import numba
except ValueError as error:  # of all its settings Numba refuses this one alone
    threads = os.environ.get("NUMBA_NUM_THREADS")
    raise ImportError(f"fastconv: NUMBA_NUM_THREADS: got {threads}, needs a number from 1 up") from error

if numba.config.DISABLE_JIT:
    raise ImportError(
        "fastconv: NUMBA_DISABLE_JIT: got 1, needs 0 for the compiled kernels; "
        'fastconv.backend("reference") computes without them, on the command line --backend reference'
    )

from .activation import (
    elu,
    elu_input,
    gelu,
    gelu_input,
    hardsigmoid,
    hardsigmoid_input,
    hardswish,
    hardswish_input,
    hardtanh,
    hardtanh_input,
    leaky_relu,
    leaky_relu_input,
    log_softmax,
    log_softmax_input,
    prelu,
    prelu_input,
    prelu_weight,
    relu,
    relu6,
    relu6_input,
    relu_input,
    sigmoid,
    sigmoid_input,
    silu,
    silu_input,
    softmax,
    softmax_input,
    softplus,
    softplus_input,
    tanh,
    tanh_input,
)
from .arithmetic import add, divide, maximum, minimum, multiply, subtract, sum_to_size
from .chain import chain
from .conv import conv2d, conv2d_bias, conv2d_input, conv2d_weight, conv_transpose2d
from .dense import linear, linear_bias, linear_input, linear_weight
from .join import concat, concat_input
from .loss import (
    binary_cross_entropy,
    binary_cross_entropy_input,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_input,
    cross_entropy,
    cross_entropy_input,
    huber_loss,
    huber_loss_input,
    l1_loss,
    l1_loss_input,
    mse_loss,
    mse_loss_input,
    nll_loss,
    nll_loss_input,
    smooth_l1_loss,
    smooth_l1_loss_input,
)
from .memory.buffers import filled, reshape
from .norm import (
    channel_norm,
    channel_norm_gradients,
    channel_statistics,
    layer_norm,
    layer_norm_gradients,
    local_response_norm,
    local_response_norm_input,
    update_statistics,
)
from .optimizer import adam, rmsprop, sgd
from .pool import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_input,
    adaptive_max_pool2d,
    avg_pool2d,
    avg_pool2d_input,
    max_pool2d,
    max_pool2d_input,
)
from .resample import (
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
    "binary_cross_entropy",
    "binary_cross_entropy_input",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_input",
    "chain",
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
    "divide",
    "elu",
    "elu_input",
    "filled",
    "gelu",
    "gelu_input",
    "hardsigmoid",
    "hardsigmoid_input",
    "hardswish",
    "hardswish_input",
    "hardtanh",
    "hardtanh_input",
    "huber_loss",
    "huber_loss_input",
    "interpolate",
    "interpolate_input",
    "l1_loss",
    "l1_loss_input",
    "layer_norm",
    "layer_norm_gradients",
    "leaky_relu",
    "leaky_relu_input",
    "linear",
    "linear_bias",
    "linear_input",
    "linear_weight",
    "local_response_norm",
    "local_response_norm_input",
    "log_softmax",
    "log_softmax_input",
    "max_pool2d",
    "max_pool2d_input",
    "maximum",
    "minimum",
    "mse_loss",
    "mse_loss_input",
    "multiply",
    "nll_loss",
    "nll_loss_input",
    "pad",
    "pad_input",
    "pixel_shuffle",
    "pixel_shuffle_input",
    "prelu",
    "prelu_input",
    "prelu_weight",
    "relu",
    "relu6",
    "relu6_input",
    "relu_input",
    "reshape",
    "rmsprop",
    "sgd",
    "sigmoid",
    "sigmoid_input",
    "silu",
    "silu_input",
    "smooth_l1_loss",
    "smooth_l1_loss_input",
    "softmax",
    "softmax_input",
    "softplus",
    "softplus_input",
    "subtract",
    "sum_to_size",
    "tanh",
    "tanh_input",
    "update_statistics",
]
