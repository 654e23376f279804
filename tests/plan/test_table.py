import math

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import grad, kernels
from fastconv.plan.record import Recording
from fastconv.plan.table import Row, flops, table, written

X, W = np.zeros((2, 3, 8, 8), np.float32), np.zeros((4, 3, 3, 3), np.float32)
V, M = np.zeros((5, 6), np.float32), np.zeros((7, 6), np.float32)
Y, U = np.zeros((2, 4, 6, 6), np.float32), np.zeros((5, 7), np.float32)
CONV, DENSE = 2 * 2 * 4 * 36 * 27, 2 * 5 * 6 * 7


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: F.conv2d(X, W), CONV),
        (lambda: grad.conv2d_input(X.shape, W, Y), CONV),
        (lambda: grad.conv2d_weight(X, W.shape, Y), CONV),
        (lambda: F.linear(V, M), DENSE),
        (lambda: grad.linear_input(M, U), DENSE),
        (lambda: grad.linear_weight(V, U), DENSE),
        (lambda: F.relu(X), 0),
    ],
)
def test_multiply_adds_are_counted_twice(call, expected):
    recording = Recording(kernels)
    recording.run(call)
    assert flops(recording.operations[0]) == expected


def test_a_row():
    recording = Recording(kernels)
    recording.run(lambda: F.relu(X))
    row = Row.of(recording.operations[0])
    assert row == ("", "relu", "elementwise.values", "1", 2 * X.nbytes, 0, "")
    assert math.prod(X.shape) * 8 == row.bytes
    lines = table([row]).splitlines()
    assert lines[0].split() == ["operation", "kernels", "jobs", "bytes"]
    assert lines[1].split() == ["relu", "elementwise.values", "1", "3,072"]


def test_columns():
    text = written([("a", "none", "number"), ("long text", "", "1"), ("b", "", "100")], "<<>")
    assert text == "a          number\nlong text       1\nb             100"
