"""Every operation and every gradient against PyTorch, in float64 and over many geometries."""

import numpy as np
import pytest

from fastconv import backend, functional, grad

torch = pytest.importorskip("torch")
F = torch.nn.functional

pytestmark = pytest.mark.torch

REDUCTIONS = ["none", "mean", "sum"]


def drawn(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def tensors(*arrays):
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def assert_same(ours, theirs):
    """Sums of a few dozen numbers of size 1, in float64 on both sides."""
    theirs = theirs.detach().numpy()
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


# input, weight, stride, padding, dilation, groups
CONVOLUTIONS = [
    ((2, 3, 8, 9), (4, 3, 3, 3), 1, 0, 1, 1),
    ((2, 3, 8, 9), (4, 3, 3, 3), 1, 1, 1, 1),
    ((1, 1, 28, 28), (6, 1, 5, 5), 1, 2, 1, 1),
    ((3, 4, 7, 7), (5, 4, 1, 1), 1, 0, 1, 1),
    ((2, 3, 11, 10), (4, 3, 3, 2), 2, 1, 1, 1),
    ((2, 3, 11, 10), (4, 3, 5, 3), (3, 2), (2, 0), 1, 1),
    ((2, 2, 12, 11), (3, 2, 3, 3), 1, 2, 2, 1),
    ((2, 2, 12, 11), (3, 2, 3, 2), (1, 2), (0, 3), (2, 3), 1),
    ((2, 4, 6, 6), (8, 2, 3, 3), 1, 1, 1, 2),
    ((2, 6, 9, 8), (6, 1, 3, 3), 2, 1, 1, 6),
    ((2, 6, 9, 8), (12, 2, 2, 3), (1, 3), 1, 2, 3),
    ((2, 3, 8, 7), (4, 3, 4, 2), 1, "same", 1, 1),
    ((2, 4, 8, 7), (4, 2, 2, 3), 1, "same", (3, 2), 2),
    ((2, 3, 8, 7), (4, 3, 4, 2), 2, "valid", 1, 1),
    ((0, 3, 8, 9), (4, 3, 3, 3), 1, 1, 1, 1),
    ((3, 8, 9), (4, 3, 3, 3), 2, 1, 1, 1),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("geometry", CONVOLUTIONS, ids=str)
def test_conv2d_and_its_gradients(geometry):
    input_size, weight_size, *steps = geometry
    x, w, b = drawn(input_size, weight_size, weight_size[0])
    tx, tw, tb = tensors(x, w, b)
    theirs = F.conv2d(tx, tw, tb, *steps)
    assert_same(functional.conv2d(x, w, b, *steps), theirs)
    assert_same(functional.conv2d(x, w, None, *steps), F.conv2d(tx, tw, None, *steps))
    (g,) = drawn(theirs.shape, seed=1)
    theirs.backward(torch.tensor(g))
    assert_same(grad.conv2d_input(x.shape, w, g, *steps), tx.grad)
    assert_same(grad.conv2d_weight(x, w.shape, g, *steps), tw.grad)
    assert_same(grad.conv2d_bias(g), tb.grad)


@pytest.mark.parametrize("geometry", [g for g in CONVOLUTIONS if not isinstance(g[3], str)][:10], ids=str)
def test_conv_gradients_have_the_arguments_of_torch_nn_grad(geometry):
    input_size, weight_size, *steps = geometry
    x, w = drawn(input_size, weight_size)
    tx, tw = tensors(x, w)
    theirs = F.conv2d(tx, tw, None, *steps)
    (g,) = drawn(theirs.shape, seed=1)
    tg = torch.tensor(g)
    assert_same(grad.conv2d_input(x.shape, w, g, *steps), torch.nn.grad.conv2d_input(x.shape, tw, tg, *steps))
    assert_same(
        grad.conv2d_weight(x, w.shape, g, *steps), torch.nn.grad.conv2d_weight(tx, w.shape, tg, *steps)
    )


# input, kernel, stride, padding, dilation
POOLS = [
    ((2, 3, 8, 8), 2, None, 0, 1),
    ((2, 3, 9, 7), 2, None, 0, 1),
    ((2, 3, 9, 8), 3, 2, 1, 1),
    ((2, 3, 9, 8), 3, 1, 1, 1),
    ((2, 3, 10, 11), (2, 3), (3, 2), (1, 0), 1),
    ((2, 3, 10, 11), (3, 2), 2, (1, 1), (2, 3)),
    ((1, 2, 5, 5), 3, 3, 1, 1),
    ((1, 2, 7, 7), 2, 4, 1, 1),
    ((1, 2, 4, 10), 2, 5, 0, 1),
    ((2, 6, 7), 2, 2, 1, 1),
]


@pytest.mark.parametrize("values", ["distinct", "ties", "all -inf"])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("geometry", POOLS, ids=str)
def test_max_pool2d_and_its_gradient(geometry, ceil_mode, values):
    size, *steps = geometry
    (x,) = drawn(size)
    x = {"distinct": x, "ties": np.round(x), "all -inf": np.full(size, -np.inf)}[values]
    (tx,) = tensors(x)
    theirs, their_places = F.max_pool2d(tx, *steps, ceil_mode, return_indices=True)
    ours, places = functional.max_pool2d(x, *steps, ceil_mode, return_indices=True)
    assert_same(ours, theirs)
    np.testing.assert_array_equal(places, their_places.numpy())
    (g,) = drawn(theirs.shape, seed=1)
    theirs.backward(torch.tensor(g))
    assert_same(grad.max_pool2d_input(g, places, x.shape), tx.grad)


def test_nan_is_the_maximum_of_its_windows():
    (x,) = drawn((2, 3, 8, 8))
    x[x > 1] = np.nan
    ours = functional.max_pool2d(x, 3, 1, 1)
    assert np.isnan(ours).any()
    assert not np.isnan(ours).all()
    assert_same(ours, F.max_pool2d(torch.tensor(x), 3, 1, 1))


@pytest.mark.parametrize("divisor", [None, 5, -2], ids=str)
@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("geometry", [g[:-1] for g in POOLS], ids=str)
def test_avg_pool2d_and_its_gradient(geometry, ceil_mode, count_include_pad, divisor):
    size, *steps = geometry
    steps += [ceil_mode, count_include_pad, divisor]
    (x,) = drawn(size)
    (tx,) = tensors(x)
    theirs = F.avg_pool2d(tx, *steps)
    assert_same(functional.avg_pool2d(x, *steps), theirs)
    (g,) = drawn(theirs.shape, seed=1)
    theirs.backward(torch.tensor(g))
    assert_same(grad.avg_pool2d_input(g, x.shape, *steps), tx.grad)


@pytest.mark.parametrize("output_size", [1, 3, (2, 5), (7, 8), (None, 2), (4, None), (9, 11)], ids=str)
@pytest.mark.parametrize("size", [(2, 3, 7, 8), (3, 5, 4), (0, 2, 6, 6)], ids=str)
def test_adaptive_avg_pool2d_and_its_gradient(size, output_size):
    (x,) = drawn(size)
    (tx,) = tensors(x)
    theirs = F.adaptive_avg_pool2d(tx, output_size)
    assert_same(functional.adaptive_avg_pool2d(x, output_size), theirs)
    (g,) = drawn(theirs.shape, seed=1)
    theirs.backward(torch.tensor(g))
    assert_same(grad.adaptive_avg_pool2d_input(g, x.shape), tx.grad)


@pytest.mark.parametrize("arguments", [(3, 2, 1), (3, 2, 1, True, False), (2,)], ids=str)
def test_means_of_small_integers_have_the_bits_of_pytorch(arguments):
    x = np.random.default_rng(0).integers(-9, 10, (2, 3, 9, 8)).astype(np.float32)
    theirs = F.avg_pool2d(torch.tensor(x), *arguments).numpy()
    with backend("numba"):
        np.testing.assert_array_equal(functional.avg_pool2d(x, *arguments), theirs)


@pytest.mark.parametrize("lead", [(), (1,), (5,), (2, 3), (0,)], ids=str)
def test_linear_and_its_gradients(lead):
    x, w, b, g = drawn((*lead, 7), (4, 7), 4, (*lead, 4))
    tx, tw, tb = tensors(x, w, b)
    theirs = F.linear(tx, tw, tb)
    assert_same(functional.linear(x, w, b), theirs)
    assert_same(functional.linear(x, w), F.linear(tx, tw))
    theirs.backward(torch.tensor(g))
    assert_same(grad.linear_input(w, g), tx.grad)
    assert_same(grad.linear_weight(x, g), tw.grad)
    assert_same(grad.linear_bias(g), tb.grad)


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4, 5), (0, 3)], ids=str)
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_elementwise_activations_and_their_gradients(name, shape):
    x, g = (np.asarray(array) for array in drawn(shape, shape))
    x = np.where(np.abs(x) < 0.3, 0, 20 * x)  # zeros, and far into the flat ends
    (tx,) = tensors(x)
    theirs = getattr(torch, name)(tx)
    ours = getattr(functional, name)(x)
    assert_same(ours, theirs)
    theirs.backward(torch.tensor(g))
    assert_same(getattr(grad, f"{name}_input")(ours, g), tx.grad)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_special_values_pass_as_in_pytorch(name):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 1e4, -1e4])
    (tx,) = tensors(x)
    theirs, ours = getattr(torch, name)(tx), getattr(functional, name)(x)
    assert_same(ours, theirs)
    theirs.backward(torch.ones(6, dtype=torch.float64))
    assert_same(getattr(grad, f"{name}_input")(ours, np.ones(6)), tx.grad)


@pytest.mark.parametrize(
    ("shape", "dim"), [((5,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 3, 4), -2), ((2, 3, 4, 5), 1), ((0, 3), -1)]
)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_activations_along_an_axis_and_their_gradients(name, shape, dim):
    x, g = drawn(shape, shape)
    x *= 20
    (tx,) = tensors(x)
    theirs = getattr(F, name)(tx, dim)
    ours = getattr(functional, name)(x, dim)
    assert_same(ours, theirs)
    theirs.backward(torch.tensor(g))
    assert_same(getattr(grad, f"{name}_input")(ours, g, dim), tx.grad)


def assert_loss_and_gradient_same(name, x, arguments, their_arguments):
    (tx,) = tensors(x)
    theirs = getattr(F, name)(tx, **their_arguments)
    assert_same(getattr(functional, name)(x, **arguments), theirs)
    theirs.sum().backward()
    assert_same(getattr(grad, f"{name}_input")(x, **arguments), tx.grad)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["labels", "some ignored", "probabilities"])
@pytest.mark.parametrize("shape", [(4,), (6, 4), (1, 1), (2, 4, 3), (2, 4, 3, 5)], ids=str)
def test_cross_entropy_and_its_gradient(shape, kind, weighted, label_smoothing, reduction):
    rng = np.random.default_rng(3)
    x, classes = 5 * rng.standard_normal(shape), shape[min(1, len(shape) - 1)]
    samples = shape[:1] + shape[2:] if len(shape) > 1 else ()
    ignored = -100
    if kind == "probabilities":
        target = rng.random(shape)
        target /= target.sum(axis=min(1, len(shape) - 1), keepdims=True)
    else:
        target = np.asarray(rng.integers(0, classes, samples))
        if kind == "some ignored":
            ignored = -1
            target.flat[1::3] = ignored
    arguments = {"ignore_index": ignored, "reduction": reduction, "label_smoothing": label_smoothing}
    weight = rng.random(classes) + 0.1 if weighted else None
    assert_loss_and_gradient_same(
        "cross_entropy",
        x,
        {"target": target, "weight": weight, **arguments},
        {
            "target": torch.tensor(target),
            "weight": torch.tensor(weight) if weighted else None,
            **arguments,
        },
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [None, np.array([1.0, 2, 3])], ids=["", "weighted"])
def test_cross_entropy_with_all_samples_ignored(weight, label_smoothing, reduction):
    x, target = drawn((2, 3))[0], np.array([-100, -100])
    arguments = {"reduction": reduction, "label_smoothing": label_smoothing}
    their_weight = None if weight is None else torch.tensor(weight)
    assert_loss_and_gradient_same(
        "cross_entropy",
        x,
        {"target": target, "weight": weight, **arguments},
        {"target": torch.tensor(target), "weight": their_weight, **arguments},
    )


@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight_shape", [None, (3, 4), (4,), (3, 1), ()], ids=str)
@pytest.mark.parametrize("pos_weight_shape", [None, (4,), (3, 4)], ids=str)
def test_binary_cross_entropy_and_its_gradient(pos_weight_shape, weight_shape, reduction, scale):
    rng = np.random.default_rng(4)
    x, target = scale * rng.standard_normal((3, 4)), rng.random((3, 4))
    weights = {
        name: None if shape is None else np.asarray(rng.random(shape))
        for name, shape in [("weight", weight_shape), ("pos_weight", pos_weight_shape)]
    }
    their_weights = {
        name: None if weight is None else torch.tensor(weight) for name, weight in weights.items()
    }
    assert_loss_and_gradient_same(
        "binary_cross_entropy_with_logits",
        x,
        {"target": target, "reduction": reduction, **weights},
        {"target": torch.tensor(target), "reduction": reduction, **their_weights},
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4), (0, 3)], ids=str)
def test_mse_and_its_gradient(shape, reduction):
    x, target = (np.asarray(array) for array in drawn(shape, shape))
    assert_loss_and_gradient_same(
        "mse_loss",
        x,
        {"target": target, "reduction": reduction},
        {"target": torch.tensor(target), "reduction": reduction},
    )


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_with_its_own_mask(p):
    x, g = drawn((30, 40), (30, 40))
    (tx,) = tensors(x)
    theirs = F.dropout(tx, p)
    kept = (theirs != 0).numpy()
    mask = functional.dropout_mask(x.shape, p, 0, np.float64)
    assert set(np.unique(mask)) <= {0, 1 / (1 - p) if p < 1 else 0}
    theirs.backward(torch.tensor(g))
    # PyTorch drew another mask: bring ours to it, then the numbers must agree.
    scale = mask.max(initial=0)
    assert_same(x * kept * scale, theirs)
    assert_same(grad.dropout_input(kept * scale, g), tx.grad)
