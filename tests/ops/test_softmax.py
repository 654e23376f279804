import numpy as np
import pytest

from fastconv import backend, functional, grad, reference

ALONG_AXIS = ["softmax", "log_softmax"]
X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
G = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ALONG_AXIS)
def test_operations_along_an_axis(name, dim, disguised):
    y = getattr(functional, name)(disguised(X), dim)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, getattr(reference, name)(X, dim), rtol=1e-6)
    np.testing.assert_allclose(
        getattr(grad, f"{name}_input")(disguised(y), disguised(G), dim),
        getattr(reference, f"{name}_input")(y, G, dim),
        rtol=1e-5,
        atol=1e-7,
    )


def test_the_backend_gets_the_axis_counted_from_the_front(monkeypatch):
    for name in ("softmax", "softmax_input", "log_softmax", "log_softmax_input"):
        monkeypatch.setattr(reference, name, lambda *args: args[-1])
    assert functional.softmax(X, -1) == functional.log_softmax(X, -1) == 1
    assert grad.softmax_input(X, G, -2) == grad.log_softmax_input(X, G, -2) == 0


@pytest.mark.parametrize("dim", [0, -1])
@pytest.mark.parametrize("backend_name", ["reference", "numba"])
@pytest.mark.parametrize("name", ALONG_AXIS)
def test_nothing_along_an_axis_or_no_axis_at_all(name, backend_name, dim):
    function, gradient = getattr(functional, name), getattr(grad, f"{name}_input")
    one = {"softmax": 1.0, "log_softmax": 0.0}[name]
    with backend(backend_name):
        for shape in ((0,), (0, 3), (3, 0), (5, 0, 0)):
            x = np.ones(shape)
            assert function(x, dim).shape == gradient(x, x, dim).shape == shape
        for result, right in (
            (function(np.array(3.0), dim), one),
            (gradient(np.array(one), np.array(5.0), dim), 0),
        ):
            assert isinstance(result, np.ndarray)
            assert result.shape == ()
            assert result == right


@pytest.mark.parametrize("name", ALONG_AXIS)
def test_wrong_arguments(name, assert_refused):
    function = getattr(functional, name)
    assert_refused(TypeError, f"{name}: input: got list, needs a numpy.ndarray", function, [1.0], 1)
    assert_refused(
        TypeError, f"{name}: input: got int64, needs float32 or float64", function, X.astype(int), 1
    )


@pytest.mark.parametrize("name", ALONG_AXIS)
def test_wrong_arguments_of_the_gradient(name, assert_refused):
    name = f"{name}_input"
    function = getattr(grad, name)
    message = f"{name}: grad_output: got shape (3, 1), needs (3, 4) to match output"
    assert_refused(ValueError, message, function, X, G[:, :1], 1)
    message = f"{name}: grad_output: got float64, needs float32 to match output"
    assert_refused(TypeError, message, function, X, G.astype(float), 1)
    assert_refused(TypeError, f"{name}: output: got NoneType, needs a numpy.ndarray", function, None, G, 1)


@pytest.mark.parametrize("name", ALONG_AXIS)
def test_wrong_axes(name, assert_refused):
    for function, arguments in [(getattr(functional, name), [X]), (getattr(grad, f"{name}_input"), [X, G])]:
        called = function.__name__
        assert_refused(
            ValueError, f"{called}: dim: got 2, needs an integer from -2 to 1", function, *arguments, 2
        )
        assert_refused(TypeError, f"{called}: dim: got None, needs an integer", function, *arguments, None)
        single = [array[0, 0] for array in arguments]
        assert_refused(
            ValueError, f"{called}: dim: got 1, needs an integer from -1 to 0", function, *single, 1
        )
