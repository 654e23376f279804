"""Local response normalisation and its gradient."""

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.activation import finite
from fastconv.types import Array
from fastconv.validate import array, arrays, same_shape, wrong_value


def local_response_norm(
    input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Divide each channel by a power of the squares around it, as torch.nn.functional.local_response_norm.

    The input is (N, C, *), with one axis at least behind the channels. Returns input / D^beta, of its shape,
    with D = k + alpha / size times the sum of input^2 over channels c - size//2 to c + (size-1)//2; channels
    that are not there count as 0. Krizhevsky et al., "ImageNet classification with deep convolutional neural
    networks", 2012. TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    x = array("local_response_norm", "input", input)
    options = _options("local_response_norm", x, size, alpha, beta, k)
    return active().local_response_norm(x, *options) if x.size else np.empty_like(x)


def local_response_norm_input(
    input: Array, grad_output: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Gradient of local_response_norm with respect to its input.

    Input and grad_output have one shape (N, C, *), which is returned; the other arguments are those of the
    forward call. With its D, of alpha and k: dL/dx[j] = G[j] / D[j]^beta - 2 alpha beta / size * x[j] * the
    sum of G[c] x[c] / D[c]^(beta + 1) over the channels c in whose window j lies.
    """
    name = "local_response_norm_input"
    x, G = arrays(name, ("input", "grad_output"), input, grad_output)
    same_shape(name, "grad_output", G, "input", x.shape)
    options = _options(name, x, size, alpha, beta, k)
    return active().local_response_norm_input(x, G, *options) if x.size else np.empty_like(x)


def _options(
    function: str, x: Array, size: int, alpha: float, beta: float, k: float
) -> tuple[int, float, float, float]:
    """The checked window and constants."""
    if x.ndim < 3:
        raise wrong_value(function, "input", f"shape {x.shape}", "(N, C, *) with an axis behind the channels")
    window = validate.integer(function, "size", size)
    a, b, c = (finite(function, name, n) for name, n in (("alpha", alpha), ("beta", beta), ("k", k)))
    return window, a, b, c
