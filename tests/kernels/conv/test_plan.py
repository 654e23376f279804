"""The sizes of a pass under their names, and the packed filters of a plan."""

import numpy as np
import pytest

from fastconv.kernels.conv import channel_lanes, direct
from fastconv.kernels.conv.depthwise import rows
from fastconv.kernels.conv.pack import Source
from fastconv.kernels.conv.plan import Packed, Place, geometry, run_time_sizes
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import machine

LANES = machine.lanes(np.float32)
PLACE = Place(first=7, image=500, row=50, pixel=5)


def asked(channels=5, filters=5, groups=1, size=(9, 8)):
    shape = 1, channels * groups, *size
    weight = filters * groups, channels, 3, 2
    return problem(shape, weight, (2, 1), ((1, 2), (3, 0)), 1, groups, np.float32, False)


def source_of(p):
    """The filters of a forward pass."""
    taps = p.height.taps * p.width.taps
    length = p.channels * taps
    return Source(
        p.filters * length, length, taps, p.channels, taps, np.arange(taps), np.full(taps, taps)
    )  # fmt: skip


def test_every_pass_has_its_sizes_under_one_name():
    image = {"height": 9, "width": 8, "top": 1, "left": 3, "outputs_h": 5, "outputs_w": 10}
    assert run_time_sizes(asked()) == image
    place = {"y_first": 7, "y_image": 500, "y_row": 50, "y_pixel": 5}
    assert run_time_sizes(asked(), PLACE) == image | place


def test_what_is_a_literal_is_no_size():
    g = geometry({"height": 9, "channels": 4, "taps": 3}, {"channels": 4, "lanes": 8})
    assert (g.height, g.taps, g.channels, g.lanes) == (9, 3, 4, 8)
    assert g._numba_type_.sizes == ("height", "taps")
    assert g._numba_type_.literals == {"channels": 4, "lanes": 8}


def test_the_pixels_of_a_plan_are_those_of_one_image():
    plan = direct.plan(asked(), PLACE, False)
    assert plan.pixels == 5 * 10


@pytest.mark.parametrize(
    ("algorithm", "sizes"),
    [
        (direct, {"channels": 3, "filters": LANES + 1, "groups": 2}),
        (channel_lanes, {"channels": LANES + 3, "filters": 3}),
        (rows, {"channels": 1, "filters": 1, "groups": LANES + 2}),
    ],
    ids=["direct", "channel_lanes", "depthwise"],
)
def test_packed_filters_have_the_size_that_the_plan_says(algorithm, sizes):
    p = asked(**sizes)
    plan = algorithm.plan(p, PLACE, False)
    weight = np.zeros(p.groups * p.filters * p.channels * 6, np.float32)
    assert plan.pack(weight, source_of(p)).size == plan.packed_size


def test_filters_of_all_sizes_are_packed_by_one_machine_code():
    several = {"filters": LANES}, {"filters": LANES, "channels": 8}, {"filters": 70}
    plans = [direct.plan(asked(**sizes), PLACE, False) for sizes in several]
    assert len({plan.packing._numba_type_ for plan in plans}) == 1


def test_half_a_vector_that_holds_all_filters():
    half = LANES // 2
    few, more = (direct.plan(asked(filters=n), PLACE, False).geometry for n in (half, half + 1))
    assert few.lanes == few.columns == (half if machine.vectors().bytes == 64 else LANES)
    assert more.lanes == more.columns == LANES


def test_filters_are_packed_and_then_convolved():
    class Recorded(Packed):
        def pack(self, weight, source):
            return weight, source

        def convolve(self, *arguments):
            self.given = arguments

    plan = Recorded(direct.plan(asked(), PLACE, False).geometry)
    plan.run("x", "weight", "source", "bias", "y", 3)
    assert plan.given == ("x", ("weight", "source"), "bias", "y", 3, "bias")
    plan.run("x", "weight", "source", "lines", "y", 3, "other")
    assert plan.given == ("x", ("weight", "source"), "lines", "y", 3, "other")
