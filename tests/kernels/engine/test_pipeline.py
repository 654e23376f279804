"""A kernel is compiled without the branches that its geometry never takes."""

import gc

import numpy as np
import pytest
from numba.core.errors import TypingError

from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.engine.jit import inline, kernel


@inline
def _nonsense(g, x):
    return x.there_is_no_such_thing


@inline
def _either(g, x):
    if g.sense:
        return x[0] + g.size
    return _nonsense(g, x)


@kernel
def _branches(g, x, y, first, last):
    for job in range(first, last):
        if g.sense and not g.odd:
            y[job] = _either(g, x)
        elif g.odd > 2:
            y[job] = x[1]
        else:
            y[job] = _nonsense(g, x)


@pytest.mark.parametrize(("literals", "result"), [({"sense": 1, "odd": 0}, 9), ({"sense": 0, "odd": 3}, 4)])
def test_branches_of_other_geometries_are_left_out(literals, result):
    y = np.zeros(2)
    _branches(2, 0, Geometry({"size": 6}, **literals), np.array([3.0, 4.0]), y)
    np.testing.assert_array_equal(y, result)


@kernel
def _branches_of_a_part(g, x, y, first, last):
    for job in range(first, last):
        y[job] = _either(g.part, x) if g.stages else x[1]


def test_a_part_is_compiled_like_a_geometry_and_stages_need_not_be_given():
    y, x = np.zeros(1), np.array([3.0, 4.0])
    part = Geometry(sense=1, size=6)._numba_type_
    _branches_of_a_part(1, 0, Geometry(stages=1, part=part), x, y)
    np.testing.assert_array_equal(y, 9)
    _branches_of_a_part(1, 0, Geometry({"size": 6}), x, y)
    np.testing.assert_array_equal(y, 4)
    assert Geometry(lanes=4).stages == 0
    assert "stages" not in str(Geometry(lanes=4))


def test_a_branch_that_is_taken_is_compiled_and_the_collector_comes_back():
    assert gc.isenabled()
    with pytest.raises(TypingError, match="there_is_no_such_thing"):
        _branches(2, 0, Geometry({"size": 6}, sense=0, odd=1), np.ones(2), np.ones(2))
    assert gc.isenabled()
