import re

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import grad

A = np.arange(12.0).reshape(3, 4)


def test_what_they_compute():
    y = F.concat([A, A[:, :1]])
    assert np.array_equal(y, np.concatenate([A, A[:, :1]], axis=1))
    assert np.array_equal(grad.concat_input(y, (4, 1))[1], A[:, :1])
    assert [part.shape for part in grad.concat_input(y, [1, 0, 2], dim=-2)] == [(1, 5), (0, 5), (2, 5)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.concat(A), "concat: inputs: got ndarray, needs a list of arrays"),
        (lambda: F.concat([]), "concat: inputs: got none, needs one array at least"),
        (lambda: F.concat([A, A.T]), "concat: inputs: got shape (4, 3) at 1, needs (3, 4) but for axis 1"),
        (lambda: F.concat([A, A[0]]), "concat: inputs: got shape (4,) at 1, needs (3, 4) but for axis 1"),
        (lambda: F.concat([A, A], 2), "concat: dim: got 2"),
        (lambda: F.concat([A[0, 0] * np.ones(())], 0), "concat: dim: got 0, needs arrays with at least one"),
        (lambda: grad.concat_input(A, (1, 2)), "concat_input: sizes: got (1, 2), needs 4 in all"),
        (lambda: grad.concat_input(A, (-1, 5)), "concat_input: sizes: got"),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        call()
