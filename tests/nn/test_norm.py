"""Layers of normalised channels: statistics, what they are frozen to, what they refuse."""

import json
import re

import numpy as np
import pytest

from fastconv import nn

F64 = {"dtype": np.float64}
LAYERS = {
    "BatchNorm1d": (lambda **k: nn.BatchNorm1d(6, **k), (5, 6)),
    "BatchNorm1d of sequences": (lambda **k: nn.BatchNorm1d(6, eps=0.1, **k), (3, 6, 4)),
    "BatchNorm2d": (lambda **k: nn.BatchNorm2d(6, momentum=0.3, **k), (3, 6, 3, 4)),
    "BatchNorm2d, cumulative": (lambda **k: nn.BatchNorm2d(6, momentum=None, **k), (3, 6, 3, 4)),
    "BatchNorm2d, not affine": (lambda **k: nn.BatchNorm2d(6, affine=False, **k), (3, 6, 3, 4)),
    "BatchNorm2d, untracked": (lambda **k: nn.BatchNorm2d(6, track_running_stats=False, **k), (3, 6, 3, 4)),
    "InstanceNorm1d": (lambda **k: nn.InstanceNorm1d(6, affine=True, **k), (3, 6, 4)),
    "InstanceNorm1d, tracked": (lambda **k: nn.InstanceNorm1d(6, track_running_stats=True, **k), (3, 6, 4)),
    "InstanceNorm2d": (lambda **k: nn.InstanceNorm2d(6, **k), (3, 6, 3, 4)),
    "InstanceNorm2d, tracked": (
        lambda **k: nn.InstanceNorm2d(6, 1e-3, 0.2, affine=True, track_running_stats=True, **k),
        (3, 6, 3, 4),
    ),
    "InstanceNorm2d, cumulative": (
        lambda **k: nn.InstanceNorm2d(6, momentum=None, track_running_stats=True, **k),
        (3, 6, 3, 4),
    ),
    "GroupNorm": (lambda **k: nn.GroupNorm(2, 6, **k), (3, 6, 3, 4)),
    "GroupNorm of rows": (lambda **k: nn.GroupNorm(3, 6, affine=False, **k), (3, 6)),
    "GroupNorm of volumes": (lambda **k: nn.GroupNorm(1, 6, eps=0.5, **k), (2, 6, 2, 1, 3)),
    "LayerNorm": (lambda **k: nn.LayerNorm(5, **k), (4, 3, 5)),
    "LayerNorm of two axes": (lambda **k: nn.LayerNorm((3, 5), 0.01, bias=False, **k), (4, 3, 5)),
    "LayerNorm, not affine": (lambda **k: nn.LayerNorm([5], elementwise_affine=False, **k), (4, 5)),
}


def drawn(shape, dtype=np.float64, seed=0):
    return (2 * np.random.default_rng(seed).normal(size=shape) + 3).astype(dtype)


def made(name, dtype=np.float64):
    """The layer with parameters that are not those it begins with."""
    make, shape = LAYERS[name]
    layer = make(dtype=dtype)
    for seed, array in enumerate(layer.parameters().values()):
        array[...] = drawn(array.shape, dtype, 10 + seed)
    return layer, shape


@pytest.mark.parametrize("name", LAYERS)
def test_gradients(name, check_gradients):
    layer, shape = made(name)
    check_gradients(layer, drawn(shape))


@pytest.mark.torch
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 2e-4)])
@pytest.mark.parametrize("name", LAYERS)
def test_pytorchs_module_from_the_same_state(name, dtype, tolerance):
    torch = pytest.importorskip("torch")
    layer, shape = made(name, dtype)
    config = {key: value for key, value in layer.config().items() if key != "dtype"}
    theirs = getattr(torch.nn, type(layer).__name__)(**config).to(getattr(torch, np.dtype(dtype).name))
    theirs.load_state_dict({key: torch.from_numpy(array) for key, array in layer.state_dict().items()})
    assert [*layer.state_dict()] == [*theirs.state_dict()]

    def same(ours, tensor):
        np.testing.assert_allclose(ours, tensor.detach().numpy(), rtol=tolerance, atol=tolerance)

    for step in range(3):
        x, g = drawn(shape, dtype, step), drawn(shape, dtype, 5 + step)
        tx = torch.tensor(x, requires_grad=True)
        y, backward = layer.forward(x)
        dx, gradients = backward(g)
        output = theirs(tx)
        theirs.zero_grad()
        output.backward(torch.tensor(g))
        same(y, output)
        same(dx, tx.grad)
        for key, parameter in theirs.named_parameters():
            same(gradients[key], parameter.grad)
        for key, value in theirs.state_dict().items():
            same(layer.state_dict()[key], value)
            assert layer.state_dict()[key].dtype == value.numpy().dtype
    same(layer(x), theirs.eval()(torch.from_numpy(x)))
    _, backward = layer.forward(x, training=False)
    tx = torch.tensor(x, requires_grad=True)
    theirs.zero_grad()
    theirs(tx).backward(torch.tensor(g))
    dx, gradients = backward(g)
    same(dx, tx.grad)
    for key, parameter in theirs.named_parameters():
        same(gradients[key], parameter.grad)


@pytest.mark.parametrize("name", LAYERS)
def test_a_description_builds_the_layer_again(name):
    layer, shape = made(name)
    described = json.loads(json.dumps(layer.describe()))
    again = type(layer).from_description({k: v for k, v in described.items() if k != "class"})
    assert again.describe() == layer.describe()
    again.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(again(drawn(shape)), layer(drawn(shape)))
    assert layer.output_shape(shape[1:]) == shape[1:]
    assert layer.multiply_adds(shape[1:]) == np.prod(shape[1:])


def test_statistics_are_buffers_and_begin_as_zero_and_one():
    layer = nn.BatchNorm2d(3)
    assert [*layer.parameters()] == ["weight", "bias"]
    assert [*layer.buffers()] == ["running_mean", "running_var", "num_batches_tracked"]
    for name, first in {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}.items():
        np.testing.assert_array_equal(getattr(layer, name), np.full(3, first, np.float32))
    state = layer.state_dict()
    assert state["num_batches_tracked"] == 0 and state["num_batches_tracked"].dtype == np.int64
    assert nn.BatchNorm2d(3, affine=False).weight is None
    assert nn.BatchNorm2d(3, track_running_stats=False).running_var is None


def test_initialize_sets_all_as_at_the_beginning():
    layer = nn.BatchNorm2d(3, **F64)
    first = layer.state_dict()
    layer.weight[...] = 7
    layer.forward(drawn((2, 3, 4, 4)))
    nn.Sequential(layer, seed=0)
    assert all(np.array_equal(value, first[name]) for name, value in layer.state_dict().items())


@pytest.mark.parametrize("name", ["BatchNorm2d", "BatchNorm2d, untracked", "InstanceNorm2d, tracked"])
def test_a_frozen_layer_keeps_and_uses_its_statistics(name):
    layer, shape = made(name)
    x, g = drawn(shape), drawn(shape, seed=1)
    layer.forward(x)
    layer.freeze()
    state = layer.state_dict()
    expected = layer.forward(x, training=False)
    y, backward = layer.forward(x, training=True)
    dx, gradients = backward(g)
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(dx, expected[1](g)[0])
    assert gradients == {"weight": None, "bias": None}
    assert backward(g, input_gradient=False) == (None, gradients)
    assert all(np.array_equal(value, state[key]) for key, value in layer.state_dict().items())
    layer.unfreeze("bias")
    layer.forward(x)
    moved = not np.array_equal(layer.state_dict().get("running_mean"), state.get("running_mean"))
    assert moved == layer.track_running_stats


def test_evaluation_changes_nothing():
    layer, shape = made("BatchNorm2d")
    state = layer.state_dict()
    layer(drawn(shape))
    assert all(np.array_equal(value, state[key]) for key, value in layer.state_dict().items())


MORE = "more than one value for each mean"


@pytest.mark.parametrize(
    ("layer", "shape", "needs"),
    [
        (nn.BatchNorm1d(3, **F64), (1, 3), MORE),
        (nn.BatchNorm2d(3, **F64), (1, 3, 1, 1), MORE),
        (nn.InstanceNorm2d(3, **F64), (4, 3, 1, 1), MORE),
        (nn.GroupNorm(3, 3, **F64), (1, 3), MORE),
        (nn.BatchNorm1d(3, **F64), (2, 3, 4, 4), "(N, 3, L) or (N, 3)"),
        (nn.BatchNorm2d(3, **F64), (2, 4, 3, 3), "(N, 3, H, W)"),
        (nn.GroupNorm(1, 3, **F64), (3,), "(N, 3, *)"),
    ],
)
def test_batches_that_are_refused(layer, shape, needs):
    state = layer.state_dict()
    message = f"{type(layer).__name__}: x: got shape {shape}, needs {needs}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        layer.forward(np.zeros(shape))
    assert all(np.array_equal(value, state[key]) for key, value in layer.state_dict().items())


@pytest.mark.parametrize("shape", [(0, 3, 4, 5), (2, 3, 0, 5)])
def test_a_batch_without_elements_is_counted_and_moves_nothing(shape):
    for layer in (
        nn.BatchNorm2d(3, **F64),
        nn.BatchNorm2d(3, momentum=None, **F64),
        nn.InstanceNorm2d(3, affine=True, track_running_stats=True, **F64),
        nn.InstanceNorm2d(3, affine=True, **F64),
        nn.GroupNorm(3, 3, **F64),
    ):
        x, state = np.zeros(shape), layer.state_dict()
        y, backward = layer.forward(x)
        dx, gradients = backward(y)
        assert y.shape == dx.shape == shape
        assert all(np.array_equal(gradient, np.zeros(3)) for gradient in gradients.values())
        if layer.num_batches_tracked is not None:
            state["num_batches_tracked"][...] += isinstance(layer, nn.BatchNorm2d)
        assert all(np.array_equal(value, state[key]) for key, value in layer.state_dict().items())


def test_one_value_a_channel_is_evaluated():
    assert nn.BatchNorm1d(3, **F64)(np.ones((1, 3))).shape == (1, 3)


def test_another_type_changes_no_statistics():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(TypeError, match="weight: got float32, needs float64"):
        layer.forward(np.ones((2, 3)))
    assert layer.buffers()["num_batches_tracked"] == 0
    with pytest.raises(TypeError, match=r"BatchNorm1d: x: got list, needs a numpy\.ndarray"):
        layer.forward([[1.0]])


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.BatchNorm2d(3), (4, 5, 5), "got 4 channels, needs 3; BatchNorm2d(4) would fit"),
        (nn.BatchNorm2d(3), (3,), "got shape (3,), needs (3, H, W)"),
        (nn.BatchNorm1d(3), (3, 5, 5), "got shape (3, 5, 5), needs (3, L) or (3)"),
        (nn.GroupNorm(4, 12), (6, 2), "got 6 channels, needs 12; GroupNorm(2, 6) would fit"),
        (nn.LayerNorm((2, 3)), (4, 3), "got shape (4, 3), needs (..., 2, 3); LayerNorm((4, 3)) would fit"),
        (nn.LayerNorm(3), (), "got shape (), needs (..., 3)"),
    ],
)
def test_shapes_that_are_refused(layer, shape, message):
    with pytest.raises(ValueError, match=f"^{type(layer).__name__}: {re.escape(message)}$"):
        layer.output_shape(shape)


def test_arguments_that_are_refused():
    for make, error, message in [
        (lambda: nn.BatchNorm2d(0), ValueError, "BatchNorm2d: num_features: got 0"),
        (lambda: nn.BatchNorm2d(3, eps="a"), TypeError, "BatchNorm2d: eps: got 'a', needs a number"),
        (lambda: nn.BatchNorm2d(3, momentum=np.nan), ValueError, "BatchNorm2d: momentum: got nan"),
        (lambda: nn.BatchNorm2d(3, affine=1), TypeError, "BatchNorm2d: affine: got 1, needs True or False"),
        (lambda: nn.GroupNorm(4, 6), ValueError, "GroupNorm: num_groups: got 4, needs a divisor of 6"),
        (lambda: nn.LayerNorm(()), ValueError, r"LayerNorm: normalized_shape: got \(\), needs at least one"),
        (lambda: nn.LayerNorm(3, bias=None), TypeError, "LayerNorm: bias: got None, needs True or False"),
    ]:  # fmt: skip
        with pytest.raises(error, match=f"^{message}"):
            make()


def test_arrays_and_what_they_depend_on_cannot_be_replaced():
    layer = nn.BatchNorm2d(3)
    layer.weight *= 2
    layer.eps, layer.momentum = 1e-3, None
    for name in ("weight", "bias"):
        with pytest.raises(AttributeError, match=f"{name}: got a new value, needs to stay"):
            setattr(layer, name, np.ones(3, np.float32))
    with pytest.raises(AttributeError, match="num_features: got 4, needs to stay"):
        layer.num_features = 4


def test_astype_takes_statistics_along():
    layer = nn.BatchNorm2d(3).astype(np.float64)
    assert layer.running_mean.dtype == np.float64
    assert layer.buffers()["num_batches_tracked"].dtype == np.int64
    assert layer.forward(drawn((2, 3, 4, 4)))[0].dtype == np.float64
