import numpy as np
import pytest

from fastconv import nn

A, B, C = np.random.default_rng(0).normal(size=(3, 2, 3, 4))


def test_a_sum_of_several(each_backend):
    y, backward = nn.Add().forward((A, B, C))
    np.testing.assert_allclose(y, A + B + C, rtol=1e-15)
    dx, gradients = backward(B)
    assert gradients == {}
    assert len(dx) == 3
    assert all(np.array_equal(part, B) for part in dx)
    assert backward(B, input_gradient=False) == (None, {})


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_positive_part_of_a_sum(number, each_backend):
    x = (A, B, C)[:number]
    y, backward = nn.Add().forward(x, relu=True)
    np.testing.assert_allclose(y, np.maximum(sum(x), 0), rtol=1e-15)
    assert all(np.array_equal(part, np.where(y > 0, C, 0)) for part in backward(C)[0])


@pytest.mark.parametrize("dim", [1, 2, -1, -2])
def test_arrays_one_after_the_other(dim, each_backend):
    parts = A, np.take(B, [0, 1], axis=dim)
    y, backward = nn.Concatenate(dim).forward(parts)
    assert np.array_equal(y, np.concatenate(parts, axis=dim))
    assert all(np.array_equal(got, part) for got, part in zip(backward(y)[0], parts, strict=True))
    assert nn.Concatenate(dim).output_shape(*(part.shape[1:] for part in parts)) == y.shape[1:]


def test_misfits():
    with pytest.raises(TypeError, match=r"^in 0 \(Add\): x: got ndarray, needs a tuple of arrays; a Graph's"):
        nn.Sequential(nn.Add())(A)
    with pytest.raises(ValueError, match=r"^Add: x: got no array, needs one at least$"):
        nn.Add()(())
    with pytest.raises(ValueError, match=r"^Add: got \(2,\) and \(3,\), needs inputs of one shape$"):
        nn.Add().output_shape((2,), (3,))
    with pytest.raises(ValueError, match=r"^Concatenate: got \(2, 3\) and \(2,\), needs shapes that differ"):
        nn.Concatenate(2).output_shape((2, 3), (2,))
