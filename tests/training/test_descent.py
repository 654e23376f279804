import numpy as np
import pytest

from fastconv import optim
from fastconv.training.descent import Descent


def descent(clip_norm=None):
    p = {"w": np.zeros(2, np.float32)}
    return p["w"], Descent(optim.SGD(p, lr=1.0), frozenset(p), clip_norm)


def test_an_update_by_gradients():
    w, descend = descent()
    descend({"w": np.array([3, 4], np.float32)})
    assert w.tolist() == [-3, -4]


def test_gradients_are_clipped():
    w, descend = descent(1.0)
    descend({"w": np.array([3, 4], np.float32)})
    np.testing.assert_allclose(w, [-0.6, -0.8], rtol=1e-6)


def test_gradients_of_what_is_no_parameter():
    w, descend = descent()
    with pytest.raises(ValueError, match="gradients: got v, which is not among"):
        descend({"w": w, "v": w})
