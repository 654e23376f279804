"""A geometry is a type: its integers are constants of the compiled code."""

import pytest
from numba import njit

from fastconv.kernels.engine.geometry import Geometry


@njit
def scale(g, x):
    return x * g.factor


def test_equal_integers_share_code():
    before = len(scale.signatures)
    assert scale(Geometry(factor=3), 2) == 6
    assert scale(Geometry(factor=3), 5) == 15
    assert len(scale.signatures) == before + 1
    assert scale(Geometry(factor=4), 2) == 8
    assert len(scale.signatures) == before + 2


@njit
def scale_twice(g, x):
    return scale(g.first, x) * scale(g.second, x)


def test_a_literal_may_be_the_type_of_another_geometry():
    parts = {name: Geometry(factor=n)._numba_type_ for n, name in ((3, "first"), (4, "second"))}
    assert scale_twice(Geometry(**parts), 2) == 6 * 8
    assert str(Geometry(**parts)) == "Geometry(first=Geometry(factor=3), second=Geometry(factor=4))"


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="geometry has no 'speed'; it has factor"):
        Geometry(factor=1).speed  # noqa: B018


def test_sizes_share_code():
    before = len(scale.signatures)
    assert scale(Geometry({"factor": 3, "other": 1}, lanes=16), 2) == 6
    assert scale(Geometry({"factor": 5, "other": 2}, lanes=16), 2) == 10
    assert len(scale.signatures) == before + 1
    assert scale(Geometry({"factor": 5, "other": 2}, lanes=8), 2) == 10
    assert len(scale.signatures) == before + 2
