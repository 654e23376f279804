"""Whatever stands in an argument's place: a result, or an error that names the function and an argument."""

import inspect
from decimal import Decimal

import numpy as np
import pytest

from fastconv import functional, grad, validate


def drawn(*shape):
    return np.random.default_rng(sum(shape)).random(shape, np.float32)


X, W, G = drawn(2, 4, 6, 5), drawn(6, 2, 3, 3), drawn(2, 6, 6, 5)
POOLED, A, B = drawn(2, 4, 3, 2), drawn(3, 4), drawn(4)
STEPS = {"stride": 1, "padding": 1, "dilation": 1, "groups": 2}
SPREAD = {"stride": 1, "padding": 1, "output_padding": 0, "groups": 2, "dilation": 1}
WINDOW = {"kernel_size": 2, "stride": 2, "padding": 0, "ceil_mode": False}
MEAN = {**WINDOW, "count_include_pad": True, "divisor_override": None}
LABELS = {
    "input": A,
    "target": np.array([0, 1, 2]),
    "weight": B,
    "ignore_index": -100,
    "label_smoothing": 0.1,
}
ANSWERS = {"input": A, "target": A, "weight": B, "pos_weight": B, "reduction": "mean"}
PICKED = {name: value for name, value in LABELS.items() if name != "label_smoothing"}
DISTANCES = {"mse_loss": {}, "l1_loss": {}, "smooth_l1_loss": {"beta": 1.0}, "huber_loss": {"delta": 1.0}}
ELEMENTWISE = {
    **{name: {} for name in ("relu", "sigmoid", "tanh", "silu", "hardswish", "hardsigmoid", "relu6")},
    "leaky_relu": {"negative_slope": 0.01},
    "elu": {"alpha": 1.0},
    "gelu": {"approximate": "none"},
    "softplus": {"beta": 1.0, "threshold": 20.0},
    "hardtanh": {"min_val": -1.0, "max_val": 1.0},
}

ARITHMETIC = "subtract", "multiply", "divide", "maximum", "minimum"
RESPONSE = {"size": 3, "alpha": 0.1, "beta": 0.75, "k": 1.0}
OF_CHANNELS = {"mean": B, "var": B, "weight": B}
OF_GROUPS = {"mean": A[:2, :2], "var": A[:2, :2], "weight": B}
RUNNING = {"running_mean": B.copy(), "running_var": B.copy(), "weight": B, "bias": B}
ROWS = {"mean": A[:, 0], "var": A[:, 0], "normalized_shape": (4,)}
RESIZED = {"size": (7, 8), "scale_factor": None, "mode": "bilinear", "align_corners": False}

CALLS = {
    "conv2d": {"input": X, "weight": W, "bias": drawn(6), **STEPS, "relu": False},
    "conv2d_input": {"input_size": X.shape, "weight": W, "grad_output": G, **STEPS},
    "conv2d_weight": {"input": X, "weight_size": W.shape, "grad_output": G, **STEPS},
    "conv2d_bias": {"grad_output": G},
    "conv_transpose2d": {"input": X, "weight": drawn(4, 3, 3, 3), "bias": drawn(6), **SPREAD},
    "conv_transpose2d_input": {
        "input_size": X.shape,
        "weight": drawn(4, 3, 3, 3),
        "grad_output": G,
        **SPREAD,
    },
    "conv_transpose2d_weight": {"input": X, "weight_size": (4, 3, 3, 3), "grad_output": G, **SPREAD},
    "conv_transpose2d_bias": {"grad_output": G},
    "conv1d": {"input": X[:, :, 0], "weight": W[..., 0], "bias": drawn(6), **STEPS, "relu": False},
    "conv1d_input": {"input_size": (4, 6), "weight": W[..., 0], "grad_output": G[0, ..., 0], **STEPS},
    "conv1d_weight": {"input": drawn(4, 6), "weight_size": (6, 2, 3), "grad_output": G[0, ..., 0], **STEPS},
    "conv1d_bias": {"grad_output": G[0]},
    "max_pool1d": {"input": X[0], **WINDOW, "dilation": 1, "return_indices": True},
    "max_pool1d_input": {
        "grad_output": POOLED[0],
        "indices": np.zeros((4, 3, 2), int),
        "input_size": (4, 3, 5),
    },
    "avg_pool1d": {"input": X[0], **WINDOW, "count_include_pad": True},
    "avg_pool1d_input": {
        "grad_output": POOLED[0],
        "input_size": (4, 3, 5),
        **WINDOW,
        "count_include_pad": True,
    },
    "adaptive_avg_pool1d": {"input": X[0], "output_size": 2},
    "adaptive_avg_pool1d_input": {"grad_output": POOLED[0], "input_size": (4, 3, 5)},
    "adaptive_max_pool2d": {"input": X, "output_size": (2, 3), "return_indices": True},
    "adaptive_max_pool2d_input": {
        "grad_output": POOLED,
        "indices": np.zeros((2, 4, 3, 2), int),
        "input_size": X.shape,
    },
    "max_pool2d": {"input": X, **WINDOW, "dilation": 1, "return_indices": True},
    "max_pool2d_input": {
        "grad_output": POOLED,
        "indices": np.zeros((2, 4, 3, 2), int),
        "input_size": X.shape,
    },
    "avg_pool2d": {"input": X, **MEAN},
    "avg_pool2d_input": {"grad_output": POOLED, "input_size": X.shape, **MEAN},
    "adaptive_avg_pool2d": {"input": X, "output_size": (2, 3)},
    "adaptive_avg_pool2d_input": {"grad_output": POOLED, "input_size": X.shape},
    "add": {"input": A, "other": B, "relu": False},
    **{name: {"input": A, "other": B} for name in ARITHMETIC},
    **{
        f"{name}_{of}": {"input": A, "other": B, "grad_output": A}
        for name in ARITHMETIC[1:]
        for of in ("input", "other")
    },
    "sum_to_size": {"input": A, "size": (3, 1), "factor": A},
    "mean": {"input": X, "dim": (2, 3), "keepdim": True},
    "mean_input": {"grad_output": drawn(2, 4), "input_size": X.shape, "dim": (2, 3), "keepdim": False},
    "power": {"input": A, "exponent": 0.5},
    "power_input": {"input": A, "grad_output": A, "exponent": 0.5},
    "local_response_norm": {"input": X, **RESPONSE},
    "local_response_norm_input": {"input": X, "grad_output": X, **RESPONSE},
    "concat": {"inputs": [A, A], "dim": 1},
    "concat_input": {"grad_output": A, "sizes": (1, 3), "dim": 1},
    "interpolate": {"input": X, **RESIZED},
    "interpolate_input": {"grad_output": drawn(2, 4, 7, 8), "input_size": X.shape, **RESIZED},
    "pad": {"input": X, "pad": (1, 2), "mode": "constant", "value": 0.0},
    "pad_input": {"grad_output": drawn(2, 4, 6, 8), "input_size": X.shape, "pad": (1, 2), "mode": "constant"},
    "pixel_shuffle": {"input": X, "upscale_factor": 2},
    "pixel_shuffle_input": {"grad_output": drawn(2, 1, 6, 4), "upscale_factor": 2},
    "linear": {"input": A, "weight": drawn(5, 4), "bias": drawn(5)},
    "linear_input": {"weight": drawn(5, 4), "grad_output": drawn(3, 5)},
    "linear_weight": {"input": A, "grad_output": drawn(3, 5)},
    "linear_bias": {"grad_output": drawn(3, 5)},
    **{name: {"input": A, **options} for name, options in ELEMENTWISE.items()},
    **{
        f"{name}_input": {
            "output" if name in ("relu", "sigmoid", "tanh") else "input": A,
            "grad_output": A,
            **options,
        }
        for name, options in ELEMENTWISE.items()
    },
    "prelu": {"input": A, "weight": B},
    **{f"prelu_{of}": {"input": A, "weight": B, "grad_output": A} for of in ("input", "weight")},
    **{name: {"input": A, "dim": 1} for name in ("softmax", "log_softmax")},
    **{f"{name}_input": {"output": A, "grad_output": A, "dim": 1} for name in ("softmax", "log_softmax")},
    "channel_statistics": {"input": X, "num_groups": 2},
    "channel_norm": {"input": X, **OF_CHANNELS, "bias": B, "eps": 0.1, "relu": True},
    "channel_norm_gradients": {
        "grad_output": X,
        "input": X,
        **OF_GROUPS,
        "eps": 0.1,
        "training": True,
        "output": X,
        "input_gradient": True,
    },
    "batch_norm": {"input": X, **RUNNING, "training": True, "momentum": 0.1, "eps": 0.1},
    "batch_norm_input": {"grad_output": X, "input": X, **OF_CHANNELS, "eps": 0.1, "training": True},
    "instance_norm": {"input": X, **RUNNING, "use_input_stats": True, "momentum": 0.1, "eps": 0.1},
    "instance_norm_input": {
        "grad_output": X,
        "input": X,
        **OF_CHANNELS,
        "eps": 0.1,
        "use_input_stats": False,
    },
    "group_norm": {"input": X, "num_groups": 2, "weight": B, "bias": B, "eps": 0.1},
    "group_norm_input": {"grad_output": X, "input": X, **OF_GROUPS, "eps": 0.1},
    **{
        f"{kind}_norm_weight": {"grad_output": X, "input": X, "mean": B, "var": B, "eps": 0.1}
        for kind in ("batch", "instance", "group")
    },
    **{f"{kind}_norm_bias": {"grad_output": X} for kind in ("batch", "instance", "group")},
    "layer_norm": {
        "input": A,
        "normalized_shape": (4,),
        "weight": B,
        "bias": B,
        "eps": 0.1,
        "return_statistics": True,
    },
    "layer_norm_gradients": {"grad_output": A, "input": A, **ROWS, "weight": B, "eps": 0.1},
    "layer_norm_input": {"grad_output": A, "input": A, **ROWS, "weight": B, "eps": 0.1},
    "layer_norm_weight": {"grad_output": A, "input": A, **ROWS, "eps": 0.1},
    "layer_norm_bias": {"grad_output": A, "normalized_shape": (4,)},
    "dropout": {"input": A, "p": 0.5, "training": True, "rng": 0},
    "dropout_mask": {"shape": (3, 4), "p": 0.5, "rng": 0, "dtype": np.float32},
    "dropout_input": {"mask": A, "grad_output": A},
    "dropout2d": {"input": X, "p": 0.5, "training": True, "rng": 0},
    "dropout2d_input": {"mask": drawn(2, 4, 1, 1), "grad_output": X},
    **{f"cross_entropy{of}": {**LABELS, "reduction": "mean"} for of in ("", "_input")},
    **{f"binary_cross_entropy_with_logits{of}": ANSWERS for of in ("", "_input")},
    **{
        f"{name}{of}": {"input": A, "target": A, "reduction": "mean", **options}
        for name, options in DISTANCES.items()
        for of in ("", "_input")
    },
    **{f"nll_loss{of}": {**PICKED, "reduction": "mean"} for of in ("", "_input")},
    **{
        f"binary_cross_entropy{of}": {"input": A, "target": A, "weight": B, "reduction": "mean"}
        for of in ("", "_input")
    },
}

HUGE = (2**31 - 1, 2**31, 2**63, 2**64, 10**30, -(2**31), -(2**63), -(10**30))
ODD = [
    *(None, True, np.True_, 0, 1, 2, -1, 7, *HUGE, 0.5, 1.0, -0.5, float("nan"), float("inf"), 1j),
    *(np.int8(1), np.uint64(2**63), np.float64(0.5), np.array(1), np.array([1, 2]), Decimal(1)),
    *(
        "same",
        "valid",
        "none",
        "",
        b"same",
        "float64",
        np.float64,
        object(),
        ...,
        slice(1),
        range(2),
        {1, 2},
        {},
    ),
    *(
        (),
        (1,),
        (1, 2),
        (0, 0),
        (1, 2, 3),
        ((1, 1), (0, 1)),
        ((1,), (1,)),
        [],
        [1],
        [2, 1],
        (None, 1),
        (True, 1),
    ),
    *(
        (1.0, 1),
        ("1", 1),
        (-1, 1),
        (2**40, 1),
        (10**30, 1),
        (2**31 - 1,) * 4,
        X.shape,
        X.shape[1:],
        [*W.shape],
    ),
    *((2, 0, 6, 5), (0, 4, 6, 5), (2, 4, 0, 5), (2.0, 4, 6, 5)),
]
"""Objects for any argument."""


def variants(array):
    """Arrays of other types, layouts and shapes, and what looks like an array."""
    types = ("f2", "f8", "g", "i4", "?", "c8", "O", "U4", "S4", "M8[s]", ">f4", [("a", "f4")])
    yield from (np.ones(array.shape, dtype) for dtype in types)
    yield from (array[:0], array[..., :0], array[0], array[None], array[..., None], array.ravel(), array.T)
    yield from (array.ravel()[0], np.array(array.ravel()[0]), np.zeros((1,) * 64, array.dtype))
    yield from (np.broadcast_to(array.ravel()[:1], array.shape), np.ma.masked_array(array), array.tolist())
    yield from (memoryview(array), np.full_like(array, -1), np.zeros((0, 2**40, 3, 3), array.dtype)[..., :0])


def test_every_operation_is_called():
    assert sorted(CALLS) == sorted(set(functional.__all__) | set(grad.__all__))


@pytest.mark.parametrize("name", CALLS)
def test_odd_arguments(name, monkeypatch):
    monkeypatch.setattr(validate, "MOST", 2**30)  # of signals, 2**40 elements might be tried
    right = CALLS[name]
    function = getattr(functional, name, None) or getattr(grad, name)
    assert right.keys() == inspect.signature(function).parameters.keys()
    function(**right)
    for argument, value in right.items():
        odd = [*ODD, *variants(value)] if isinstance(value, np.ndarray) else ODD
        for given in odd:
            try:
                function(**{**right, argument: given})
            except (ValueError, TypeError) as error:
                message = str(error)
                assert message.startswith(f"{name}: "), (argument, given)
                assert message.split(": ")[1] in right, (argument, given, message)
                assert " needs " in message, (argument, given, message)
