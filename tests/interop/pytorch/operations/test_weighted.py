import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.interop import pytorch

pytestmark = pytest.mark.torch

FUNCTIONS = {
    "conv1d": ((4, 2, 3), 4, (5, 4, 9), {"groups": 2, "stride": 2}),
    "conv2d": ((6, 4, 3, 2), 6, (3, 4, 5, 6), {"padding": (1, 2), "dilation": 2}),
    "conv_transpose2d": ((4, 3, 3, 2), 6, (3, 4, 5, 6), {"groups": 2, "stride": 2, "output_padding": 1}),
    "linear": ((5, 4), 5, (3, 2, 4), {}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_with_a_weight_and_a_bias(name, of, same, torch):
    weight, bias, shape, options = FUNCTIONS[name]
    function = getattr(torch.nn.functional, name)
    numbers = torch.Generator().manual_seed(0)
    parameters = {n: torch.randn(s, generator=numbers) for n, s in (("w", weight), ("b", bias))}
    model = same(of(lambda m, x: function(x, m.w, m.b, **options), **parameters), *shape)
    assert set(model.parameters()) == {f"{name}.weight", f"{name}.bias"}
    assert model.frozen() == []
    model = same(of(lambda m, x: function(x, m.w * 2, **options), **parameters), *shape)
    assert model.frozen() == [f"{name}.weight"]  # a product, which training of `w` would change


def test_norms(of, same, torch):
    F = torch.nn.functional
    w, b = torch.rand(6) + 0.5, torch.rand(6)
    for shape in ((3, 6, 4, 5), (3, 6, 4)):
        same(of(lambda m, x: F.batch_norm(x, m.b, m.w, m.w, m.b), w=w, b=b), *shape)
        same(of(lambda m, x: F.instance_norm(x, weight=m.w, bias=m.b), w=w, b=b), *shape)
        same(of(lambda m, x: F.group_norm(x, 3, m.w, m.b, 1e-3), w=w, b=b), *shape)
    same(of(lambda m, x: F.layer_norm(x, (6,), m.w, m.b), w=w, b=b), 3, 4, 6)
    same(of(lambda m, x: F.prelu(x, m.w), w=w), 3, 6, 4)


def test_a_weight_that_depends_on_the_input_has_no_layer(of, torch):
    module = of(lambda m, x: torch.nn.functional.linear(x, x.tanh()))
    with pytest.raises(ValueError, match=r"from_module: .*"):
        pytorch.from_module(module, torch.zeros(2, 3))


def test_a_weight_that_is_used_twice_is_one(of, same, torch):
    def twice(m, x):
        return torch.nn.functional.linear(torch.nn.functional.linear(x, m.w).tanh(), m.w)

    model = same(of(twice, w=torch.eye(3) * 2), 4, 3)
    assert list(model.parameters()) == ["linear.weight"]
    assert isinstance(model[0], nn.Linear)


@pytest.mark.parametrize("shape", [(3, 4), (3, 5, 4), (3, 2, 5, 4)])
def test_a_value_times_a_matrix_or_a_vector_is_a_dense_layer(shape, of, same, torch):
    model = same(of(lambda m, x: x @ m.w, w=torch.rand(4, 6)), *shape)
    assert [type(layer) for layer in model] == [nn.Linear]
    assert {name: array.shape for name, array in model.parameters().items()} == {"matmul.weight": (6, 4)}
    assert model.frozen() == []
    same(of(lambda m, x: x @ m.w, w=torch.rand(4)), *shape)
    same(of(lambda m, x: x @ m.w.T, w=torch.rand(6, 4)), *shape)


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 2, 4, 5)])
def test_a_matrix_or_a_vector_times_a_value_is_one_along_the_last_axis_but_one(shape, of, same, torch):
    model = same(of(lambda m, x: m.w @ x, w=torch.rand(6, 4)), *shape)
    assert [type(layer) for layer in model] == [nn.Permute, nn.Linear, nn.Permute]
    same(of(lambda m, x: m.w @ x, w=torch.rand(4)), *shape)


def test_a_matrix_that_is_used_twice_is_one(of, same, torch):
    model = same(of(lambda m, x: torch.mm((x @ m.w).tanh(), m.w), w=torch.rand(4, 4)), 3, 4)
    assert [*model.parameters()] == ["matmul.weight"]


def test_products_of_values_and_of_several_matrices_have_no_layer(of, torch):
    for function, message in [
        (lambda m, x: x @ x.transpose(1, 2), "got two values, needs fixed numbers as one of them"),
        (lambda m, x: x @ m.w, r"got numbers of shape \(1, 4, 4\), needs a matrix or a vector"),
    ]:
        with pytest.raises(ValueError, match=f"^from_module: matmul: {message}"):
            pytorch.from_module(of(function, w=torch.ones(1, 4, 4)), torch.zeros(2, 4, 4))


def test_gradients_of_products_are_pytorchs(of, torch):
    w = torch.rand(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    module = of(lambda m, x: m.w.T @ (x @ m.w), w=w)
    model = pytorch.from_module(module, torch.zeros(2, 4, 4, dtype=torch.float64))
    x = torch.rand(2, 4, 4, dtype=torch.float64, requires_grad=True)
    theirs = module(x)
    theirs.sum().backward()
    with fastconv.backend("reference"):
        y, backward = model.forward(x.detach().numpy())
        dx, gradients = backward(np.ones(y.shape))
    np.testing.assert_allclose(y, theirs.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(dx, x.grad.numpy(), rtol=1e-12)
    first, second = (gradients[name] for name in ("matmul.weight", "matmul_2.weight"))
    np.testing.assert_allclose(first.T + second.T, module.w.grad.numpy(), rtol=1e-12)
