import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.interop import pytorch

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [1, -1, (2, 3), (1, 3), (-3, 2), (1, 2, 3), 2])
@pytest.mark.parametrize("name", ["mean", "sum", "amax"])
def test_over_axes_of_images(name, dim, keepdim, of, same):
    same(of(lambda _, x: getattr(x, name)(dim, keepdim)), 2, 3, 4, 5)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize(
    ("shape", "dim"), [((3,), 1), ((3, 4), 1), ((3, 4), 2), ((3, 4), (1, 2)), ((3, 2, 4, 2), (3, 1))]
)
def test_maxima_over_axes_of_other_data(shape, dim, keepdim, of, same):
    same(of(lambda _, x: x.amax(dim, keepdim)), 2, *shape)


def test_maxima_over_channels_take_images_of_any_size(of, same, torch):
    module = of(lambda _, x: torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True).values], 1))
    model = same(module, 2, 3, 6, 5, other=(3, 4, 4))
    assert model.output_shape((3, 7, 9)) == (2, 7, 9)
    module = of(lambda _, x: x.amax((2, 3)))
    assert [type(layer) for layer in same(module, 2, 3, 6, 5, other=(3, 4, 4))] == [
        *(nn.AdaptiveMaxPool2d, nn.Flatten)
    ]


def test_the_largest_with_its_index_and_the_larger_one(of, same, torch):
    same(of(lambda _, x: torch.max(x, 1)[0]), 2, 3, 4)
    same(of(lambda _, x: torch.max(x, x.tanh())), 2, 3, 4)


GRADIENTS = {
    "sums and maxima": lambda t, x: (x.sum(2, True) * x.amax(1, True) + x.mean(1, True)).amax((1, 2)),
    "a norm": lambda t, x: t.nn.functional.normalize(x.flatten(1)),
    "exponential": lambda t, x: x.exp() / x.exp().sum((1, 2), keepdim=True),
    "absolute": lambda t, x: t.nn.functional.mish(x.abs()),
    "stacked": lambda t, x: t.stack([x, t.ones_like(x)], 1) * x[:, None].clamp(max=0.5),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_pytorchs(name, of, torch):
    module = of(lambda _, x: GRADIENTS[name](torch, x))
    model = pytorch.from_module(module, torch.zeros(2, 4, 4, dtype=torch.float64))
    x = np.random.default_rng(0).normal(size=(2, 4, 4))
    with fastconv.backend("reference"):
        y, backward = model.forward(x)
        dy = np.random.default_rng(1).normal(size=y.shape)
        dx, _ = backward(dy)
    given = torch.tensor(x, requires_grad=True)
    theirs = module(given)
    theirs.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(dx, given.grad.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("order", [1, 2, float("inf")])
@pytest.mark.parametrize("keepdim", [False, True])
def test_norms(order, keepdim, of, same, torch):
    same(of(lambda _, x: torch.linalg.vector_norm(x, order, (1, 2), keepdim)), 2, 3, 4)


@pytest.mark.parametrize("shape", [(5,), (5, 4), (5, 4, 3)])
def test_samples_of_norm_one(shape, of, same, torch):
    model = same(of(lambda _, x: torch.nn.functional.normalize(x)), 3, *shape)
    x = np.random.default_rng(0).normal(size=(2, *shape))
    np.testing.assert_allclose(np.square(model(x)).sum(1), 1)
    same(of(lambda _, x: torch.nn.functional.normalize(x, 1, -1)), 3, *shape)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x * x.mean(), "mean: got the batch's axis, 0, among those that are reduced"),
        (lambda x: x.sum(0, keepdim=True) + x, "sum: got the batch's axis, 0, among those that are reduced"),
        (lambda x: x * x.max(), "max: got the batch's axis, 0, among those that are reduced"),
        (lambda x: x.norm(3, dim=1), "linalg_vector_norm: ord: got 3, needs 1, 2 or inf"),
    ],
)
def test_what_has_no_layer(function, message, of, torch):
    with pytest.raises(ValueError, match=rf"^from_module: {message}"):
        pytorch.from_module(of(lambda _, x: function(x)), torch.zeros(2, 3))
