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

    The input has any shape with an element along `dim`; returns the same shape, exp(input) / sum exp(input)
    without overflow. Raises ValueError where `dim` is not an axis or is empty.
    """
    x = array("softmax", "input", input)
    return active().softmax(x, axis("softmax", dim, x.shape))


@replayed
def softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of softmax with respect to its input: output * (grad_output - sum(grad_output * output)).

    Output and grad_output have one shape, which is returned; `dim` is that of the forward call.
    """
    y, g = _pair("softmax_input", output, grad_output)
    return active().softmax_input(y, g, axis("softmax_input", dim, y.shape))


@replayed
def log_softmax(input: Array, dim: int) -> Array:
    """Logarithm of softmax along axis `dim`, as torch.nn.functional.log_softmax.

    The input has any shape with an element along `dim`; returns the same shape. Stable for any
    magnitude. Raises ValueError where `dim` is not an axis or is empty.
    """
    x = array("log_softmax", "input", input)
    return active().log_softmax(x, axis("log_softmax", dim, x.shape))


@replayed
def log_softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of log_softmax with respect to its input: grad_output - exp(output) * sum(grad_output).

    Output and grad_output have one shape, which is returned; `dim` is that of the forward call.
    """
    y, g = _pair("log_softmax_input", output, grad_output)
    return active().log_softmax_input(y, g, axis("log_softmax_input", dim, y.shape))


def _pair(function: str, output: Array, grad_output: Array) -> tuple[Array, Array]:
    y, g = arrays(function, ("output", "grad_output"), output, grad_output)
    same_shape(function, "grad_output", g, "output", y.shape)
    return y, g
