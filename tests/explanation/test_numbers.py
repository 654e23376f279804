import numpy as np
import pytest

from fastconv.explanation.numbers import aligned, matrices, plain, short


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1.0, -2, 30], [" 1", "-2", "30"]),
        ([0.5, -0.25, 3], [" 0.50", "-0.25", " 3.00"]),
        ([0, -0.125, 0], [" 0    ", "-0.125", " 0    "]),
        ([1 / 3, 2 / 3], ["0.3333333", "0.6666667"]),
        ([123456.789, 0.1], ["123456.8", "     0.1"]),
        ([1e-5, 0, -2e-5], [" 1.00000e-05", "           0", "-2.00000e-05"]),
        ([1e9, 1], ["1.00000e+09", "1.00000e+00"]),
        ([-1e-12, 1.5], ["0.0", "1.5"]),
        ([np.nan, 1, np.inf, 2.5], ["nan", "1.0", "inf", "2.5"]),
        ([0.0, 0.0], ["0", "0"]),
        ([], []),
    ],
)
def test_numbers_are_aligned_without_idle_zeros(values, texts):
    found = aligned(np.array(values, float))
    assert [text.strip() for text in found] == [text.strip() for text in texts]
    assert len({len(text) for text in found}) <= 1
    if np.isfinite(values).all():
        assert found == texts


def test_float32_has_fewer_digits():
    assert aligned(np.array([1 / 3, 2 / 3], np.float32)) == ["0.33333", "0.66667"]


def test_integers_stay_integers():
    assert aligned(np.array([3, 12])) == [" 3", "12"]


def test_a_negative_number_in_a_sum_has_brackets():
    assert (short(-0.5), short(0.5), short(-0.0)) == ("(-0.5)", "0.5", "0")
    assert plain(-0.123456789) == "-0.12346"


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (np.array(0.5), ["0.5"]),
        (np.array([1, 2]), ["[ 1  2 ]"]),
        (np.array([[[[1, 2], [3, 4]]]]), ["[ 1  2 ]", "[ 3  4 ]"]),
        (
            np.arange(8).reshape(1, 2, 2, 2),
            ["[0]         [1]", "[ 0  1 ]    [ 4  5 ]", "[ 2  3 ]    [ 6  7 ]"],
        ),
        (
            np.arange(8).reshape(2, 2, 1, 2),
            ["[0,0]       [0,1]", "[ 0  1 ]    [ 2  3 ]", "", "[1,0]       [1,1]", "[ 4  5 ]    [ 6  7 ]"],
        ),
        (np.arange(10), ["[ 0  1  2  3  4  5  6", "  7  8  9 ]"]),
    ],
)
def test_arrays_as_text(values, lines):
    assert matrices(values, width=24) == lines
