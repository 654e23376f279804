import numpy as np
import pytest

from fastconv import nn

A, B = np.random.default_rng(0).normal(size=(2, 2, 3, 4))


@pytest.mark.parametrize("dim", [1, 2, -1, -2])
def test_arrays_one_after_the_other(dim, each_backend):
    parts = A, np.take(B, [0, 1], axis=dim)
    y, backward = nn.Concatenate(dim).forward(parts)
    assert np.array_equal(y, np.concatenate(parts, axis=dim))
    assert all(np.array_equal(got, part) for got, part in zip(backward(y)[0], parts, strict=True))
    assert nn.Concatenate(dim).output_shape(*(part.shape[1:] for part in parts)) == y.shape[1:]


def test_misfits():
    with pytest.raises(ValueError, match=r"^Concatenate: got \(2, 3\) and \(2,\), needs shapes that differ"):
        nn.Concatenate(2).output_shape((2, 3), (2,))
