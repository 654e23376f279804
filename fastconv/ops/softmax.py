"""Softmax and its logarithm along an axis. The gradients take the output of the forward call."""

from fastconv.backends import active
from fastconv.ops.activation import pair
from fastconv.types import Array
from fastconv.validate import array, axis


def softmax(input: Array, dim: int) -> Array:
    """Turn logits into probabilities along axis `dim`, as torch.nn.functional.softmax.

    The input has any shape, without axes counts as one element along dim=0; returns the same shape,
    exp(input) / sum exp(input) without overflow. Raises ValueError where `dim` is not an axis.
    """
    return _along("softmax", dim, array("softmax", "input", input))


def softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of softmax with respect to its input: output * (grad_output - sum(grad_output * output)).

    Output and grad_output have one shape, which is returned; `dim` is that of the forward call.
    """
    return _along("softmax_input", dim, *pair("softmax_input", output, grad_output))


def log_softmax(input: Array, dim: int) -> Array:
    """Logarithm of softmax along axis `dim`, as torch.nn.functional.log_softmax.

    The input has any shape, without axes counts as one element along dim=0; returns the same shape. Stable
    for any magnitude. Raises ValueError where `dim` is not an axis.
    """
    return _along("log_softmax", dim, array("log_softmax", "input", input))


def log_softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of log_softmax with respect to its input: grad_output - exp(output) * sum(grad_output).

    Output and grad_output have one shape, which is returned; `dim` is that of the forward call.
    """
    return _along("log_softmax_input", dim, *pair("log_softmax_input", output, grad_output))


def _along(function: str, dim: int, *arrays: Array) -> Array:
    """Call the backend's function of this name; one element without axes gets one for the call."""
    run, shape = getattr(active(), function), arrays[0].shape
    dim = axis(function, dim, shape)
    if shape:
        return run(*arrays, dim)
    return run(*(array[None] for array in arrays), dim).reshape(())
