import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastconv.plan.places import Place, Places, arena
from fastconv.plan.record import UnplannedError


def test_where_arrays_lie():
    x, made, kept, constant = np.zeros((2, 3)), np.zeros(8), np.ones(5), np.arange(3.0)
    constant.flags.writeable = False
    places = Places([x], [made], [kept])
    assert places.find(x) == Place(0, 0)
    assert places.find(x[1]) == Place(0, 24)
    assert places.find(made[3:5]) == Place(1, 24)
    assert places.find(kept[1:]) is None
    assert places.find(constant[1:]) is None
    assert places.find(np.zeros(0)) is None
    assert places.is_kept(kept[2:]) and not places.is_kept(constant)
    with pytest.raises(UnplannedError, match=r"an array \(4,\) of float64 is computed outside"):
        places.find(np.zeros(4))


def test_what_stands_for_what():
    one, other = np.zeros((2, 3)), np.zeros((2, 3))
    places = Places([], [one, other], [])
    places.alias(one, other)
    assert places.find(one[1]) == places.find(other[1]) == Place(1, 24)
    with pytest.raises(UnplannedError, match="a part of an array"):
        places.alias(one[:1], other[:1])


def test_what_stays():
    made, later = np.zeros(8), np.zeros(3)
    places = Places([], [made], [])
    places.stay(made[2:])
    assert places.fixed == {0}
    places.keep(later)
    assert places.find(later) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 300)), max_size=12))
def test_arrays_that_are_needed_together_do_not_overlap(rows):
    lives = {i: (min(a, b), max(a, b)) for i, (a, b, _) in enumerate(rows)}
    sizes = {i: size for i, (_, _, size) in enumerate(rows)}
    offsets, total = arena(lives, sizes, 64)
    assert all(offsets[i] % 64 == 0 and offsets[i] + sizes[i] <= total for i in lives)
    for i in lives:
        for j in range(i):
            apart = offsets[i] + sizes[i] <= offsets[j] or offsets[j] + sizes[j] <= offsets[i]
            assert apart or lives[i][1] < lives[j][0] or lives[j][1] < lives[i][0]
