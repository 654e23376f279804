import numpy as np
import pytest

from fastconv import nn


def test_training_zeroes_a_part_and_scales_the_rest():
    x = np.ones((200, 100), np.float32)
    y, backward = nn.Dropout(0.25, seed=0).forward(x)
    assert y.dtype == np.float32
    assert set(np.unique(y).tolist()) == {0.0, float(np.float32(1 / 0.75))}
    # 20,000 draws: the standard error of the fraction is 0.003.
    assert abs((y == 0).mean() - 0.25) < 0.012
    assert np.array_equal(backward(x)[0], y)
    assert backward(x, input_gradient=False) == (None, {})


def test_prediction_passes_the_input_through():
    x = np.random.default_rng(0).normal(size=(3, 4))
    layer = nn.Dropout(0.9)
    assert np.array_equal(layer(x), x)
    y, backward = layer.forward(x, training=False)
    assert np.array_equal(y, x)
    assert np.array_equal(backward(x)[0], x)


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d])
def test_either_byte_order(kind):
    x = np.random.default_rng(0).normal(size=(3, 4, 2, 2))
    y, backward = kind(seed=0).forward(x.astype(">f8"))
    expected, of_native = kind(seed=0).forward(x)
    assert y.dtype.isnative
    assert np.array_equal(y, expected)
    assert np.array_equal(backward(x.astype(">f8"))[0], of_native(x)[0])


@pytest.mark.parametrize(("p", "expected"), [(0, 1.0), (1, 0.0)])
def test_the_ends(p, expected):
    y, backward = nn.Dropout(p).forward(np.ones((3, 3)))
    assert (y == expected).all()
    assert (backward(np.ones((3, 3)))[0] == expected).all()


def test_the_same_seed_gives_the_same_masks_in_the_same_order():
    x = np.ones((4, 8), np.float32)
    a, b = nn.Dropout(seed=1), nn.Dropout(seed=1)
    first, second = a.forward(x)[0], a.forward(x)[0]
    assert np.array_equal(b.forward(x)[0], first)
    assert np.array_equal(b.forward(x)[0], second)
    assert not np.array_equal(first, second)


def test_each_dropout_of_a_model_draws_for_itself():
    model = nn.Sequential(nn.Dropout(), nn.Dropout(), seed=0)
    assert list(model.generators()) == ["0.rng", "1.rng"]
    a, b = (rng.random(4) for rng in model.generators().values())
    assert not np.array_equal(a, b)


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_p_is_a_probability(p):
    with pytest.raises(ValueError, match="Dropout: p: got"):
        nn.Dropout(p)


@pytest.mark.parametrize("shape", [(40, 50, 3, 2), (40, 50, 4)])
def test_whole_channels_are_dropped(shape):
    x = np.ones(shape, np.float32)
    y, backward = nn.Dropout2d(0.25, seed=0).forward(x)
    channels = y.reshape(2000, -1)
    assert (channels == channels[:, :1]).all()
    assert set(np.unique(y).tolist()) == {0.0, float(np.float32(1 / 0.75))}
    # 2,000 draws: the standard error of the fraction is 0.01.
    assert abs((y == 0).mean() - 0.25) < 0.04
    assert np.array_equal(backward(x)[0], y)
    assert np.array_equal(nn.Dropout2d(0.25, seed=0)(x), x)


def test_channels_need_images():
    with pytest.raises(ValueError, match=r"^Dropout2d: input: got shape \(3, 4\), needs \(N, C, H, W\)"):
        nn.Dropout2d().forward(np.ones((3, 4)))
