import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastconv import nn


class Doubled(nn.Layer):
    """A layer of a user's own, with what the base class asks for and no more."""

    def forward(self, x, training=True):
        def backward(dy, input_gradient=True):
            return (2 * dy if input_gradient else None), {}

        return 2 * x, backward


def test_a_layer_of_ones_own_works_in_a_model(check_gradients):
    model = nn.Sequential(
        nn.Linear(2, 3, dtype=np.float64), Doubled(), nn.Linear(3, 1, dtype=np.float64), seed=0
    )
    check_gradients(model, np.random.default_rng(1).normal(size=(4, 2)))
    assert model.output_shape((2,)) == (1,)


def test_a_layer_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Layer defines no forward"):
        nn.Layer()(np.zeros(1))


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 15])
def test_predict_is_the_model_in_batches(count):
    model = nn.Linear(3, 2, seed=0)
    x = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    np.testing.assert_allclose(model.predict(x, batch_size=7), model(x), rtol=1e-6)


def test_predict_computes_no_more_than_a_batch_at_a_time():
    sizes = []

    class Watched(nn.Layer):
        def __call__(self, x):
            sizes.append(len(x))
            return x

    Watched().predict(np.zeros((10, 1)), batch_size=4)
    assert sizes == [4, 4, 2]


def test_predict_refuses_what_is_no_batch():
    model = nn.Linear(3, 2)
    with pytest.raises(ValueError, match="predict: batch_size: got 0"):
        model.predict(np.zeros((1, 3), np.float32), batch_size=0)
    with pytest.raises(TypeError, match=r"predict: x: got an array of shape \(\), needs"):
        model.predict(np.array(1.0))


def test_calls_leave_no_trace_in_a_layer():
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(8, 2), seed=0
    )
    before = [sorted(vars(layer)) for layer in model]
    x = np.random.default_rng(0).normal(size=(2, 1, 6, 6)).astype(np.float32)
    y = model(x)
    model.forward(x)[1](y)
    assert [sorted(vars(layer)) for layer in model] == before
    assert np.array_equal(model(x), y)


@pytest.mark.usefixtures("compiled")
def test_one_model_serves_many_threads():
    model = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2), seed=0)
    inputs = np.random.default_rng(0).normal(size=(40, 5, 3)).astype(np.float32)
    expected = [model(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(a, b) for a, b in zip(pool.map(model, inputs), expected, strict=True))


def test_parameters_are_the_live_arrays_and_state_dict_is_copies():
    layer = nn.Linear(2, 2, seed=0)
    layer.parameters()["weight"][...] = 5
    assert (layer.weight == 5).all()
    layer.state_dict()["weight"][...] = 6
    assert (layer.weight == 5).all()


def test_load_state_dict_copies_into_the_same_arrays():
    layer, other = nn.Linear(2, 3, seed=0), nn.Linear(2, 3, seed=1)
    arrays = layer.parameters()
    state = other.state_dict()
    layer.load_state_dict(state)
    assert layer.weight is arrays["weight"]
    assert np.array_equal(layer.weight, other.weight)
    state["weight"][...] = 9
    assert np.array_equal(layer.weight, other.weight)


def test_load_state_dict_converts_the_dtype():
    layer, other = nn.Linear(2, 3, seed=0), nn.Linear(2, 3, seed=1, dtype=np.float64)
    layer.load_state_dict(other.state_dict())
    assert layer.weight.dtype == np.float32
    assert np.array_equal(layer.weight, other.weight.astype(np.float32))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, "missing bias"),
        ({"more": np.zeros(1)}, "unexpected more"),
        ({"bias": np.zeros(4)}, r"bias: got shape \(4,\), needs \(3,\)"),
        ({"bias": np.zeros(3, int)}, "bias: got int64, needs float32"),
        ({"bias": None, "more": np.zeros(1)}, "missing bias; unexpected more"),
    ],
)
def test_load_state_dict_changes_nothing_when_something_does_not_fit(change, message):
    layer = nn.Linear(2, 3, seed=0)
    before = layer.state_dict()
    state = {**nn.Linear(2, 3, seed=1).state_dict(), **change}
    state = {name: array for name, array in state.items() if array is not None}
    with pytest.raises(ValueError, match=f"load_state_dict: Linear: {message}"):
        layer.load_state_dict(state)
    assert all(np.array_equal(layer.parameters()[name], before[name]) for name in before)


def test_load_state_dict_needs_a_dict():
    with pytest.raises(TypeError, match="load_state_dict: got list, needs a dict"):
        nn.Linear(2, 3).load_state_dict([np.zeros((3, 2))])


@pytest.mark.parametrize("make", [lambda **k: nn.Linear(3, 2, **k), lambda **k: nn.Conv2d(2, 3, 2, **k)])
def test_a_seed_gives_the_same_parameters_in_both_dtypes(make):
    a, b, other = make(seed=3), make(seed=3, dtype=np.float64), make(seed=4)
    for name, array in a.parameters().items():
        assert array.dtype == np.float32
        assert np.array_equal(array, b.parameters()[name].astype(np.float32))
        assert not np.array_equal(array, other.parameters()[name])


def test_no_seed_gives_different_parameters():
    assert not np.array_equal(nn.Linear(3, 2).weight, nn.Linear(3, 2).weight)


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [(nn.Linear(25, 400, seed=0), 25), (nn.Conv2d(6, 60, (2, 5), groups=3, seed=0), 20)],
    ids=["Linear", "Conv2d"],
)
def test_parameters_are_uniform_on_one_over_the_root_of_fan_in(layer, fan_in):
    bound = fan_in**-0.5
    for array in layer.parameters().values():
        assert np.abs(array).max() <= np.float32(bound)
        assert np.abs(array).max() > 0.9 * bound
        # The standard error of the mean of n such values is bound / √(3 n).
        assert abs(array.mean()) < 4 * bound / np.sqrt(3 * array.size)


@pytest.mark.parametrize("dtype", [np.int64, np.float16, complex])
def test_a_dtype_must_be_one_of_the_two(dtype):
    with pytest.raises(TypeError, match=r"Linear: dtype: got .*, needs float32 or float64"):
        nn.Linear(2, 2, dtype=dtype)


def test_parameters_cannot_be_replaced_behind_an_optimizer():
    layer = nn.Linear(2, 2)
    with pytest.raises(AttributeError, match="weight"):
        layer.weight = np.zeros((2, 2), np.float32)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(2, 4, (3, 1), stride=2, padding=((1, 2), (0, 1)), dilation=(1, 2), groups=2, bias=False),
        nn.Linear(3, 2, dtype=np.float64),
        nn.MaxPool2d((2, 3), padding=1, ceil_mode=True),
        nn.AvgPool2d((2, 3), 1, (1, 0), True, False, -4),
        nn.AdaptiveAvgPool2d((None, 3)),
        nn.AdaptiveAvgPool2d((None, None)),
        nn.AdaptiveAvgPool2d((2, 2)),
        nn.Softmax(-1),
        nn.Dropout(0.25),
        nn.Flatten(2),
        nn.Identity(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_config_is_json_and_makes_the_same_layer(layer):
    config = json.loads(json.dumps(layer.config()))
    twin = type(layer)(**config)
    assert twin.config() == layer.config()
    assert {n: a.shape for n, a in twin.parameters().items()} == {
        n: a.shape for n, a in layer.parameters().items()
    }


def test_repr_shows_what_is_not_a_default():
    assert (
        repr(nn.Conv2d(1, 8, 3, padding=1))
        == "Conv2d(in_channels=1, out_channels=8, kernel_size=3, padding=1)"
    )
    assert repr(nn.Linear(3, 2, bias=False)) == "Linear(in_features=3, out_features=2, bias=False)"
    assert repr(nn.Linear(3, 2, dtype="float64")) == "Linear(in_features=3, out_features=2, dtype='float64')"
    assert repr(nn.AvgPool2d(2, 3, count_include_pad=False)) == (
        "AvgPool2d(kernel_size=2, stride=3, count_include_pad=False)"
    )
    assert repr(nn.AdaptiveAvgPool2d((1, 1))) == "AdaptiveAvgPool2d(output_size=1)"
    assert repr(nn.ReLU()) == "ReLU()"
