import numpy as np
import pytest

from fastconv import nn

pytest.importorskip("sklearn")
module = pytest.importorskip("fastconv.interop.sklearn.networks")

ROWS = np.array([[1.0, 10.0, 7.0], [3.0, 10.0, 7.1], [5.0, 10.0, 7.4]])


def network(model, x=ROWS, outputs=2, seed=0):
    return module.network("owner", model, x, outputs, seed, np.ones(len(x)))


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ((64,), "derivation_mlp"),
        ((1, 3, 9), "derivation_mlp"),
        ((1, 4, 9), "digits"),
        ((3, 32, 32), "digits"),
        ((3, 32, 33), "resnet8"),
    ],
)
def test_what_auto_is(shape, name):
    assert module.automatic(shape) == name


def test_auto_by_its_layers():
    kinds = [type(layer).__name__ for layer in network("auto", np.random.default_rng(0).random((4, 2, 4, 5)))]
    assert kinds[:4] == ["BatchNorm2d", "Conv2d", "ReLU", "MaxPool2d"]
    assert [type(layer).__name__ for layer in network("auto")] == ["BatchNorm1d", "Linear", "ReLU", "Linear"]


def test_a_named_network_has_the_dtype_of_the_samples_and_depends_on_the_seed():
    first, same, other = (network("derivation_mlp", ROWS.astype(np.float32), 4, seed) for seed in (1, 1, 2))
    assert module.dtype_of(first) == np.float32
    assert module.dtype_of(network("derivation_mlp")) == np.float64
    assert first.output_shape((3,)) == (4,)
    np.testing.assert_array_equal(first[1].weight, same[1].weight)
    assert (first[1].weight != other[1].weight).any()


def test_features_are_standardised_by_their_weighted_mean_and_variance():
    weight = np.array([1.0, 2.0, 1.0])
    layer = module.standardising(ROWS, weight)
    mean, deviation = [3, 10, 7.15], [np.sqrt(2), 1, np.sqrt((0.15**2 + 2 * 0.05**2 + 0.25**2) / 4)]
    for training in (True, False):  # frozen: its statistics are not those of a batch
        y, _ = layer.forward(ROWS[:2], training)
        np.testing.assert_allclose(y, (ROWS[:2] - mean) / deviation, rtol=1e-12)
    assert len(layer.frozen()) == 2


def test_channels_are_standardised_over_their_pixels():
    x = np.random.default_rng(0).normal([[[3.0]], [[-200.0]]], [[[0.001]], [[50.0]]], size=(20, 2, 4, 5))
    y = module.standardising(x, np.ones(20))(x)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-10)
    np.testing.assert_allclose(y.var(axis=(0, 2, 3)), 1, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_constant_stays_at_zero(dtype):
    x = np.full((1000, 1), 0.1, dtype)
    y = module.standardising(x, np.random.default_rng(0).random(1000))(x)
    np.testing.assert_allclose(y, 0, atol=1e-6)


def test_outputs_get_mean_and_deviation():
    layer = module.scaling(np.array([1.0, -2.0]), np.array([10.0, 0.5]), np.dtype(np.float32))
    np.testing.assert_array_equal(layer(np.array([[1, 2]], np.float32)), [[11, -1]])
    assert len(layer.frozen()) == 2


def test_a_layer_is_copied():
    given = nn.Linear(3, 2, seed=0, dtype=np.float64)
    made = network(given)
    np.testing.assert_array_equal(made.weight, given.weight)
    assert made.weight is not given.weight


def test_a_function_is_told_shape_outputs_and_seed():
    told = []

    def model(input_shape, outputs, seed):
        told.append((input_shape, outputs, seed))
        return nn.Linear(3, outputs, seed=seed)

    assert isinstance(network(model, outputs=4, seed=5), nn.Linear)
    assert told == [((3,), 4, 5)]


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (3, TypeError, "got 3, needs a name of fastconv.models, 'auto', a layer, or a function of "),
        (nn.Linear, TypeError, "got the class Linear, needs a name of fastconv.models"),
        (lambda *_: 3, TypeError, "got int, needs a Layer"),
        (
            "lenet",
            ValueError,
            "got 'lenet' for samples of shape (3,): build: name: got 'lenet', needs one of ",
        ),
        (nn.ReLU(), ValueError, "got a network without parameters, needs one that can be trained"),
        (
            nn.Linear(3, 5),
            ValueError,
            "got outputs of shape (1, 5) for one sample, needs (1, 2): one for each ",
        ),
    ],
)
def test_what_makes_no_network(model, error, message):
    with pytest.raises(error) as raised:
        network(model)
    assert str(raised.value).startswith(f"owner: model: {message}")


def test_rows_for_a_network_of_images():
    with pytest.raises(ValueError, match=r"; image_shape=\(H, W\) would make images of rows$"):
        network("lenet5")
