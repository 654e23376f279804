"""A chain is its operations one after another."""

import numpy as np

from fastconv import reference


def test_each_operation_takes_what_the_one_before_gave():
    x = np.array([[-1.0, 2.0], [3.0, -4.0]])
    slopes, other = np.array([0.5, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
    stages = ("prelu", slopes), ("add", other), ("multiply", np.array(2.0)), ("hardtanh", -5, 8.5)
    np.testing.assert_array_equal(reference.chain(x, stages), [[1, 8], [8.5, -5]])


def test_normalisation_with_its_options():
    x, mean, var = np.array([[3.0, 5.0]]), np.array([1.0, 6.0]), np.array([4.0, 0.25])
    stages = (("channel_norm", mean, var, None, None, 0.0, True),)
    np.testing.assert_array_equal(reference.chain(x, stages), [[1, 0]])


def test_no_operation_changes_nothing():
    x = np.ones((1, 2, 3, 4), np.float32)
    assert reference.chain(x, ()) is x


def test_after_a_convolution():
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s).astype(np.float32) for s in ((2, 3, 5, 5), (4, 3, 3, 3), (4,)))
    stages = ("multiply", b[:, None, None]), ("silu",)
    expected = reference.chain(reference.conv2d(x, w, b, relu=True), stages)
    np.testing.assert_array_equal(reference.conv2d(x, w, b, relu=True, stages=stages), expected)
