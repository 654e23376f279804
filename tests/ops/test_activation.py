import math

import numpy as np
import pytest

from fastconv import functional, grad, reference

BY_OUTPUT = ["relu", "sigmoid", "tanh"]
BY_INPUT = ["leaky_relu", "elu", "gelu", "silu", "softplus", "hardswish", "hardsigmoid", "hardtanh", "relu6"]
ELEMENTWISE = [*((name, "output") for name in BY_OUTPUT), *((name, "input") for name in BY_INPUT)]
each_operation = pytest.mark.parametrize(("name", "by"), ELEMENTWISE)
X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
G = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)


@each_operation
def test_elementwise_operations(name, by, disguised):
    y = getattr(functional, name)(disguised(X))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, getattr(reference, name)(X))
    given = y if by == "output" else X
    np.testing.assert_array_equal(
        getattr(grad, f"{name}_input")(disguised(given), disguised(G)),
        getattr(reference, f"{name}_input")(given, G),
    )


@pytest.mark.parametrize("shape", [(), (0,), (5,), (0, 3), (2, 3, 4, 5)], ids=str)
@each_operation
def test_elementwise_operations_take_any_shape(name, by, shape):
    x = np.ones(shape)
    assert getattr(functional, name)(x).shape == shape
    assert getattr(grad, f"{name}_input")(x, x).shape == shape


OPTIONS = {
    "leaky_relu": [{"negative_slope": 0.5}],
    "elu": [{"alpha": -2}],
    "gelu": [{"approximate": "none"}, {"approximate": "tanh"}],
    "softplus": [{"beta": 2, "threshold": 1}, {"beta": -0.5, "threshold": math.inf}],
    "hardtanh": [{"min_val": -0.25, "max_val": 0.5}, {"min_val": 0, "max_val": 0}, {"min_val": -math.inf}],
}


@pytest.mark.parametrize(("name", "options"), [(name, o) for name, each in OPTIONS.items() for o in each])
def test_options_reach_the_backend(name, options):
    expected = getattr(reference, name)(X, **options)
    np.testing.assert_array_equal(getattr(functional, name)(X, **options), expected)
    np.testing.assert_array_equal(getattr(functional, name)(X, *options.values()), expected)
    expected = getattr(reference, f"{name}_input")(X, G, **options)
    np.testing.assert_array_equal(getattr(grad, f"{name}_input")(X, G, **options), expected)


@pytest.mark.parametrize(("shape", "slopes"), [((3, 4), 4), ((2, 5, 3), 5), ((3, 4), 1), ((5,), 1), ((), 1)])
def test_prelu(shape, slopes):
    rng = np.random.default_rng(0)
    x, g = (np.asarray(rng.standard_normal(shape)) for _ in range(2))
    w = rng.random(slopes)
    np.testing.assert_array_equal(functional.prelu(x, w), reference.prelu(x, w))
    np.testing.assert_array_equal(grad.prelu_input(x, w, g), reference.prelu_input(x, w, g))
    assert grad.prelu_weight(x, w, g).shape == w.shape
    if slopes == 1:
        np.testing.assert_array_equal(functional.prelu(x, w[0, ...]), functional.prelu(x, w))


SMALL = "a number from -1.79769e+308 to 1.79769e+308"


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("leaky_relu", {"negative_slope": math.inf}, ValueError, f"negative_slope: got inf, needs {SMALL}"),
        ("elu", {"alpha": "1"}, TypeError, "alpha: got '1', needs a number"),
        ("gelu", {"approximate": "erf"}, ValueError, "approximate: got 'erf', needs 'none' or 'tanh'"),
        ("softplus", {"beta": 0}, ValueError, "beta: got 0, needs a number other than 0"),
        (
            "softplus",
            {"threshold": math.nan},
            ValueError,
            "threshold: got nan, needs a number from -inf to inf",
        ),
        ("hardtanh", {"min_val": 2}, ValueError, "min_val: got 2.0, needs at most 1.0 to match max_val"),
    ],
)
def test_wrong_options(name, options, error, message, assert_refused):
    assert_refused(error, f"{name}: {message}", getattr(functional, name), X, **options)
    assert_refused(error, f"{name}_input: {message}", getattr(grad, f"{name}_input"), X, G, **options)


@pytest.mark.parametrize(
    ("shape", "slopes", "needs"),
    [
        ((3, 4), (3,), "one element or (4,), one for each channel of input (3, 4)"),
        ((3, 4), (4, 1), "one element or (4,), one for each channel of input (3, 4)"),
        ((3, 4), (0,), "one element or (4,), one for each channel of input (3, 4)"),
        ((4,), (4,), "one element of input (4,)"),
        ((), (2,), "one element of input ()"),
    ],
)
def test_wrong_slopes(shape, slopes, needs, assert_refused):
    x, w, message = np.ones(shape), np.ones(slopes), f"weight: got shape {slopes}, needs {needs}"
    assert_refused(ValueError, f"prelu: {message}", functional.prelu, x, w)
    assert_refused(ValueError, f"prelu_input: {message}", grad.prelu_input, x, w, x)
    assert_refused(ValueError, f"prelu_weight: {message}", grad.prelu_weight, x, w, x)


@each_operation
def test_wrong_arguments(name, by, assert_refused):
    function = getattr(functional, name)
    assert_refused(TypeError, f"{name}: input: got list, needs a numpy.ndarray", function, [1.0])
    assert_refused(TypeError, f"{name}: input: got int64, needs float32 or float64", function, X.astype(int))


@each_operation
def test_wrong_arguments_of_the_gradient(name, by, assert_refused):
    name = f"{name}_input"
    function = getattr(grad, name)
    message = f"{name}: grad_output: got shape (3, 1), needs (3, 4) to match {by}"
    assert_refused(ValueError, message, function, X, G[:, :1])
    message = f"{name}: grad_output: got float64, needs float32 to match {by}"
    assert_refused(TypeError, message, function, X, G.astype(float))
    assert_refused(TypeError, f"{name}: {by}: got NoneType, needs a numpy.ndarray", function, None, G)
