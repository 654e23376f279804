import re

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import grad, reference

X = np.random.default_rng(0).normal(size=(2, 3, 4))


def test_any_memory_layout(disguised):
    expected = reference.local_response_norm(X, 3, 0.5)
    np.testing.assert_array_equal(F.local_response_norm(disguised(X), 3, 0.5), expected)
    expected = reference.local_response_norm_input(X, X, 3, 0.5)
    np.testing.assert_array_equal(grad.local_response_norm_input(X, disguised(X), 3, 0.5), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[0], 3), "input: got shape (3, 4), needs (N, C, *) with an axis behind the channels"),
        ((X, 0), "size: got 0, needs an integer from 1 to"),
        ((X, 3, "a"), "alpha: got 'a', needs a number"),
        ((X, 3, 1, np.inf), "beta: got inf, needs a number"),
        ((X, 3, 1, 1, None), "k: got None, needs a number"),
    ],
)
def test_what_does_not_fit_is_told(arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"^local_response_norm: {re.escape(message)}"):
        F.local_response_norm(*arguments)
    with pytest.raises(
        ValueError, match=r"^local_response_norm_input: grad_output: got shape \(3, 4\), needs"
    ):
        grad.local_response_norm_input(X, X[0], 3)
