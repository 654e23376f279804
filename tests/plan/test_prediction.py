"""A planned prediction is what the layers compute, whatever happens around it."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastconv as fc
from fastconv import models, nn
from fastconv.plan.prediction import Prediction

NETWORKS = {
    "lenet5": (models.lenet5, (1, 28, 28)),
    "resnet8": (models.resnet8, (3, 32, 32)),
    "ds_cnn": (models.ds_cnn, (1, 49, 10)),
    "unet_small": (models.unet_small, (1, 64, 64)),
}


def images(shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def plan_of(model, x):
    """The plan that a model has made for x; the reason where it has none."""
    return model._plans._found[x.shape, x.strides, x.dtype]


def small(dtype=np.float32):
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, dtype=dtype), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(5 * 3 * 3, 4, dtype=dtype), seed=0,
    )  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name):
    make, shape = NETWORKS[name]
    model = make(seed=0)
    for batch in (1, 3):
        x = images((batch, *shape))
        y = model(x)
        assert isinstance(plan_of(model, x), Prediction), plan_of(model, x)
        with fc.config(plan=False):
            assert np.array_equal(model(x), y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_of_any_layout(dtype):
    model = small(dtype)
    x = images((4, 2, 8, 8), dtype)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    misaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(dtype).reshape(x.shape)
    expected = model(x)
    for other in (
        last,
        x[::-1][::-1],
        np.repeat(x, 2, axis=3)[..., ::2],
        misaligned,
        x.byteswap().view(x.dtype.newbyteorder()),
    ):
        np.testing.assert_array_equal(model(other), expected)
    assert model(x[:0]).shape == (0, 4)


def test_each_call_gives_an_array_of_its_own():
    model, x = small(), images((4, 2, 8, 8))
    first = model(x)
    kept = first.copy()
    second = model(images((4, 2, 8, 8), seed=1))
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, kept)
    assert first.flags.writeable


def test_parameters_that_change_are_noticed():
    model, x = small(), images((4, 2, 8, 8))
    before = model(x)
    for name, array in model.parameters().items():
        array.flat[-1] += 1e-3
        after = model(x)
        assert not np.array_equal(before, after), name
        before = after
    model.load_state_dict(small().state_dict())
    np.testing.assert_array_equal(model(x), small()(x))


def test_settings_that_change_are_noticed():
    model, x = nn.Sequential(nn.Conv2d(2, 3, 3, seed=0), nn.LeakyReLU(0.1)), images((1, 2, 8, 8))
    shape = model(x).shape
    model[0].padding = 1
    assert model(x).shape != shape
    before = model(x)
    model[1].negative_slope = 0.5
    assert not np.array_equal(model(x), before)
    threads = fc.get_num_threads()
    fc.set_num_threads(1)
    np.testing.assert_array_equal(model(x), model(x))
    fc.set_num_threads(threads)


def test_many_threads_share_a_model():
    model = small()
    inputs = [images((6, 2, 8, 8), seed=seed) for seed in range(8)]
    expected = [model(x) for x in inputs]

    def work(index):
        return all(np.array_equal(model(inputs[index]), expected[index]) for _ in range(50))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


def test_errors_are_those_of_the_layers():
    model = small()
    for x in (images((4, 3, 8, 8)), images((4, 2, 2, 2)), images((4, 2, 8, 8), np.float64)):
        with pytest.raises((TypeError, ValueError)) as planned:
            model(x)
        with fc.config(plan=False), pytest.raises(planned.type) as plain:
            model(x)
        assert str(planned.value) == str(plain.value)


def test_a_layer_of_ones_own_runs_as_it_is():
    class Half(nn.Layer):
        def forward(self, x, training=True):
            return x / 2, lambda dy, input_gradient=True: (dy / 2, {})

    model, x = nn.Sequential(nn.Conv2d(2, 3, 3, seed=0), Half()), images((1, 2, 8, 8))
    np.testing.assert_array_equal(model(x), model[0](x) / 2)
    assert plan_of(model, x).reason == "a layer of the user's"


def test_copies_begin_without_plans():
    model, x = small(), images((1, 2, 8, 8))
    y = model(x)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), model.astype(np.float32)):
        assert not other._plans._found
        np.testing.assert_array_equal(other(x), y)


def test_the_oldest_plans_are_forgotten():
    model = small()
    for batch in range(1, 30):
        model(images((batch, 2, 8, 8)))
    assert len(model._plans._found) == 16
