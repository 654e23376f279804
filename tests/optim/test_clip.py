import math

import numpy as np
import pytest

from fastconv import optim


def test_clip_scales_all_gradients_by_their_common_norm():
    gradients = {"a": np.array([3.0], np.float32), "b": np.array([[4.0]], np.float32)}
    clipped = optim.clip(gradients, 2.5)
    np.testing.assert_allclose([clipped["a"][0], clipped["b"][0, 0]], [1.5, 2.0], rtol=1e-6)
    assert clipped["a"].dtype == np.float32
    assert gradients["a"][0] == 3.0


def test_clip_leaves_small_gradients_as_they_are():
    gradients = {"a": np.array([3.0]), "b": np.array([4.0])}
    assert {name: g.tolist() for name, g in optim.clip(gradients, 5.1).items()} == {"a": [3.0], "b": [4.0]}
    assert optim.clip({"a": np.zeros(2)}, 1.0)["a"].tolist() == [0.0, 0.0]


def test_clip_leaves_out_what_is_not_trained():
    gradients = {"a": np.array([3.0]), "frozen": None, "b": np.array([4.0])}
    clipped = optim.clip(gradients, 2.5)
    assert list(clipped) == ["a", "frozen", "b"]
    assert clipped["frozen"] is None
    np.testing.assert_allclose([clipped["a"][0], clipped["b"][0]], [1.5, 2.0], rtol=1e-6)
    assert optim.clip(gradients, 6.0)["frozen"] is None
    assert optim.clip({"frozen": None}, 0.0) == {"frozen": None}


@pytest.mark.parametrize("norm", [-1.0, math.nan, "1", None])
def test_clip_needs_a_norm(norm):
    with pytest.raises((TypeError, ValueError), match=r"^clip: norm: got "):
        optim.clip({"a": np.ones(2)}, norm)
