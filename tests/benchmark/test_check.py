import numpy as np
import pytest

from fastconv.benchmark.check import difference, fingerprint

RNG = np.random.default_rng(0)
VALUES = RNG.standard_normal((20, 30, 10)).astype(np.float32)


def compared(a, b):
    return difference(fingerprint(a), fingerprint(b))


@pytest.mark.parametrize("values", [VALUES, VALUES[:1, :1, :1], VALUES[0, 0, 0], np.arange(70)])
def test_the_same_numbers_agree(values):
    assert compared([values], [values.copy()]) == ""


def test_layout_does_not_count():
    assert compared([VALUES], [np.asfortranarray(VALUES)]) == ""


def test_rounding_does_not_count():
    assert compared([VALUES], [VALUES * (1 + 1e-5)]) == ""


@pytest.mark.parametrize("place", [0, 1, 2500, 5999])
@pytest.mark.parametrize("wrong", [3.0, np.nan, np.inf])
def test_one_wrong_number_is_found_anywhere(place, wrong):
    other = VALUES.copy()
    other.reshape(-1)[place] += wrong
    assert compared([VALUES], [other])
    assert compared([other], [VALUES])


def test_indices_agree_exactly_or_not_at_all():
    indices = np.arange(1000)
    other = indices.copy()
    other[17] += 1
    assert compared([indices], [other]).startswith("the sum of a block is ")


def test_other_shapes_and_counts_differ():
    assert compared([VALUES], [VALUES[1:]]) == "shape (20, 30, 10), not (19, 30, 10)"
    assert compared([VALUES], [VALUES, VALUES]) == "1 arrays, not 2"
