"""The inputs on which PyTorch tests its operations, and those that it expects them to refuse."""

import inspect
import sys
import unittest
from types import SimpleNamespace

import numpy as np
import pytest

from fastconv import functional, grad

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

LOSSES = (
    *("cross_entropy", "nll_loss", "binary_cross_entropy_with_logits", "binary_cross_entropy"),
    *("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
)
OPERATIONS = (
    *(
        "conv1d",
        "conv2d",
        "conv_transpose2d",
        "linear",
        "max_pool1d",
        "max_pool2d",
        "avg_pool1d",
        "avg_pool2d",
    ),
    *("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool2d"),
    *("relu", "sigmoid", "softmax", "log_softmax", "dropout"),
    *("batch_norm", "group_norm", "instance_norm", "layer_norm"),
    *("leaky_relu", "elu", "gelu", "silu", "tanh", "softplus", "prelu"),
    *("hardswish", "hardsigmoid", "hardtanh", "relu6"),
    *LOSSES,
)
ROUGH = {"hardsigmoid": 1e-7}
"""PyTorch's own error in a gradient, where it is no rounding: it takes 1/6 of float32 in float64, too."""
REFUSING = [n for n in OPERATIONS if ("conv" in n or "pool" in n) and n != "conv_transpose2d"]
"""Of conv_transpose2d there are no inputs to be refused."""
SHARE = {"max_pool1d": 5, "max_pool2d": 7}
"""Of how many samples one is taken: there are 1440 for max_pool2d, all combinations of its arguments."""


@pytest.fixture(scope="module")
def described():
    """PyTorch's descriptions of its operations, without variants that have more arguments."""
    # PyTorch's own test cases inherit from this; it need not be installed, for none of them runs here.
    sys.modules.setdefault("expecttest", SimpleNamespace(TestCase=unittest.TestCase))
    from torch.testing._internal.common_methods_invocations import op_db

    return {op.name.removeprefix("nn.functional."): op for op in op_db if not op.variant_test_name}


def bound(name, sample):
    """The arguments of a sample by their names in fastconv."""
    arguments = inspect.signature(getattr(functional, name)).bind(sample.input, *sample.args, **sample.kwargs)
    arguments.apply_defaults()
    return arguments.arguments


def as_arrays(given):
    return {name: v.detach().numpy() if isinstance(v, torch.Tensor) else v for name, v in given.items()}


def without_channels(name, given):
    """Whether batch norm is given a vector: PyTorch takes one without elements, and makes nothing of it."""
    return name == "batch_norm" and given["input"].ndim == 1


def drawn(name, given):
    """Whether chance decides, which differs from PyTorch's."""
    return name == "dropout" and given["training"] and 0 < given["p"] < 1


def statistics(name, arrays):
    """The mean and the variance with which the input was normalised."""
    x = arrays["input"]
    if name == "layer_norm":
        _, mean, var = functional.layer_norm(x, arrays["normalized_shape"], return_statistics=True)
    elif not arrays.get("training", True) or not arrays.get("use_input_stats", True):
        mean, var = arrays["running_mean"], arrays["running_var"]
    else:
        groups = {"batch_norm": None, "instance_norm": x.shape[1]}
        mean, var = functional.channel_statistics(x, groups.get(name, arrays.get("num_groups")))
    return {"mean": mean, "var": var}


def gradients(name, arrays, output, grad_output):
    """The gradient with respect to each argument that has one."""
    known = {**arrays, "output": output, "grad_output": grad_output, "input_size": arrays["input"].shape}
    if name.startswith("conv"):
        known["weight_size"] = arrays["weight"].shape
    if "max_pool" in name:
        known["indices"] = getattr(functional, name)(**{**arrays, "return_indices": True})[1]
    if name == "dropout":
        known["mask"] = np.full(output.shape, 0.0 if arrays["training"] and arrays["p"] else 1.0)
    if name.endswith("_norm"):
        known |= statistics(name, arrays)
    for argument in arrays:
        if arrays[argument] is not None and hasattr(grad, f"{name}_{argument}"):
            function = getattr(grad, f"{name}_{argument}")
            needed = inspect.signature(function).parameters
            yield argument, function(**{key: known[key] for key in needed})


def assert_same(ours, theirs, sample, rtol=1e-11):
    assert np.shape(ours) == tuple(theirs.shape), sample
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=rtol, atol=1e-12, err_msg=str(sample))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_values_and_gradients(described, name):
    operation, rng, compared = described[name], np.random.default_rng(0), 0
    samples = list(operation.sample_inputs("cpu", torch.float64, requires_grad=True))[:: SHARE.get(name, 1)]
    for sample in samples:
        given = bound(name, sample)
        if drawn(name, given) or without_channels(name, given):
            continue
        arrays, theirs = as_arrays(given), operation(sample.input, *sample.args, **sample.kwargs)
        ours = getattr(functional, name)(**arrays)
        if given.get("return_indices"):
            assert_same(ours[1], theirs[1], sample)
            ours, theirs = ours[0], theirs[0]
        assert_same(ours, theirs, sample)

        shape = tuple(theirs.shape)
        g = np.ones(shape) if name in LOSSES else np.asarray(rng.standard_normal(shape))
        for tensor in given.values():  # some are those of several samples
            if isinstance(tensor, torch.Tensor):
                tensor.grad = None
        theirs.backward(torch.tensor(g))
        for argument, gradient in gradients(name, arrays, ours, g):
            if given[argument].requires_grad:
                assert_same(gradient, given[argument].grad, sample, ROUGH.get(name, 1e-11))
                compared += 1
    assert compared >= (1 if len(samples) == 1 else 3)  # tanh has one sample


OTHERS = "gelu", "hardtanh", "prelu", "group_norm", "l1_loss", "huber_loss"


@pytest.mark.parametrize("name", [*REFUSING, *OTHERS])
def test_what_pytorch_refuses_is_refused(described, name):
    for wrong in described[name].error_inputs("cpu"):
        arrays = as_arrays(bound(name, wrong.sample_input))
        with pytest.raises((ValueError, TypeError), match=f"^{name}: .*: got .*, needs "):
            getattr(functional, name)(**arrays)
