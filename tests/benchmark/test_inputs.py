import numpy as np
import pytest

from fastconv.benchmark import inputs
from fastconv.benchmark.rows import parse


def shapes(line, which):
    return {name: array.shape for name, array in inputs.arrays(parse(line), which).items()}


def test_operands_of_each_pass():
    line = "conv 2 6 9 8 | 4 3 2 | stride=2 groups=2 bias | c"
    x, weight, dy = (2, 6, 9, 8), (4, 3, 3, 2), (2, 4, 4, 4)
    assert shapes(line, "forward") == {"input": x, "weight": weight, "bias": (4,)}
    assert shapes(line, "input") == {"weight": weight, "grad_output": dy}
    assert shapes(line, "weight") == {"input": x, "grad_output": dy}
    assert shapes("dense 5 7 | 6 | | d", "forward") == {"input": (5, 7), "weight": (6, 7)}
    pooled = shapes("max_pool 2 3 8 6 | 2 2 | | p", "input")
    assert pooled == {
        "input": (2, 3, 8, 6),
        "grad_output": (2, 3, 4, 3),
    }
    assert shapes("adaptive_avg_pool 2 3 8 6 | 1 2 | | p", "input")["grad_output"] == (2, 3, 1, 2)
    assert shapes("relu 5 4 | | | r", "forward") == {"input": (5, 4)}
    assert shapes("relu 5 4 | | | r", "input") == {"input": (5, 4), "grad_output": (5, 4)}
    assert shapes("cross_entropy 5 4 | | | x", "both") == {"input": (5, 4), "target": (5,)}


def test_the_line_alone_decides_the_numbers():
    row = parse("dense 5 7 | 6 | | d")
    again = inputs.arrays(parse(row.line, "another set"), "forward")
    for name, array in inputs.arrays(row, "forward").items():
        np.testing.assert_array_equal(array, again[name])
    other = inputs.arrays(parse("dense 5 7 | 6 | | e"), "forward")
    assert not np.array_equal(other["input"], again["input"])
    assert not np.array_equal(again["input"].ravel()[:7], again["weight"].ravel()[:7])


def test_types_and_scale():
    arrays = inputs.arrays(parse("dense 50 400 | 30 | | d"), "forward")
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    assert arrays["weight"].std() == pytest.approx(1 / 20, rel=0.1)
    labels = inputs.arrays(parse("cross_entropy 500 4 | | | x"), "forward")["target"]
    assert labels.dtype == np.int64
    assert set(labels.tolist()) == {0, 1, 2, 3}


def test_parameters_and_gradients_differ():
    row = parse("sgd 3x2 3 | | | s")
    p, g = inputs.parameters(row, "parameter"), inputs.parameters(row, "gradient")
    assert [array.shape for array in p] == [array.shape for array in g] == [(3, 2), (3,)]
    assert not np.array_equal(p[0], g[0])
