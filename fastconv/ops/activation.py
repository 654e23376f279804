"""Activations and their gradients. The gradients take the output, not the input, of the forward call."""

from fastconv.backends import active
from fastconv.ops.replay import replayed
from fastconv.types import Array
from fastconv.validate import array, arrays, axis, same_shape


@replayed
def relu(input: Array) -> Array:
    """Rectify: max(input, 0), elementwise, as torch.nn.functional.relu.

    Returns the shape of the input. NaN stays NaN.
    """
    x = array("relu", "input", input)
    return active().relu(x)


@replayed
def relu_input(output: Array, grad_output: Array) -> Array:
    """Gradient of relu with respect to its input: grad_output where output > 0, and 0 where it is 0.

    Output and grad_output have one shape, which is returned.
    """
    y, g = _pair("relu_input", output, grad_output)
    return active().relu_input(y, g)


@replayed
def sigmoid(input: Array) -> Array:
    """Squash into (0, 1): 1 / (1 + exp(-input)), elementwise, as torch.nn.functional.sigmoid.

    Returns the shape of the input. Stable for any magnitude.
    """
    x = array("sigmoid", "input", input)
    return active().sigmoid(x)


@replayed
def sigmoid_input(output: Array, grad_output: Array) -> Array:
    """Gradient of sigmoid with respect to its input: grad_output * output * (1 - output).

    Output and grad_output have one shape, which is returned.
    """
    y, g = _pair("sigmoid_input", output, grad_output)
    return active().sigmoid_input(y, g)


@replayed
def softmax(input: Array, dim: int) -> Array:
    """Turn logits into probabilities along axis `dim`, as torch.nn.functional.softmax.

    The input has any shape, without axes counts as one element along dim=0; returns the same shape,
    exp(input) / sum exp(input) without overflow. Raises ValueError where `dim` is not an axis.
    """
    return _along("softmax", dim, array("softmax", "input", input))


@replayed
def softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of softmax with respect to its input: output * (grad_output - sum(grad_output * output)).

    Output and grad_output have one shape, which is returned; `dim` is that of the forward call.
    """
    return _along("softmax_input", dim, *_pair("softmax_input", output, grad_output))


@replayed
def log_softmax(input: Array, dim: int) -> Array:
    """Logarithm of softmax along axis `dim`, as torch.nn.functional.log_softmax.

    The input has any shape, without axes counts as one element along dim=0; returns the same shape. Stable
    for any magnitude. Raises ValueError where `dim` is not an axis.
    """
    return _along("log_softmax", dim, array("log_softmax", "input", input))


@replayed
def log_softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of log_softmax with respect to its input: grad_output - exp(output) * sum(grad_output).

    Output and grad_output have one shape, which is returned; `dim` is that of the forward call.
    """
    return _along("log_softmax_input", dim, *_pair("log_softmax_input", output, grad_output))


def _pair(function: str, output: Array, grad_output: Array) -> tuple[Array, Array]:
    y, g = arrays(function, ("output", "grad_output"), output, grad_output)
    same_shape(function, "grad_output", g, "output", y.shape)
    return y, g


def _along(function: str, dim: int, *arrays: Array) -> Array:
    """Call the backend's function of this name; one element without axes gets one for the call."""
    run, shape = getattr(active(), function), arrays[0].shape
    dim = axis(function, dim, shape)
    if shape:
        return run(*arrays, dim)
    return run(*(array[None] for array in arrays), dim).reshape(())
