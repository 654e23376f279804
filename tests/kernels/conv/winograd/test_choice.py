"""Winograd's algorithm is chosen by shape, where an estimate says that it pays."""

import numpy as np
import pytest

from fastconv.kernels.conv.problem import problem
from fastconv.kernels.conv.table import FORWARD, WEIGHT, choose
from fastconv.kernels.conv.winograd import wins


def asked(shape, filters, taps=(3, 3), stride=1, dilation=1, groups=1, winograd=True):
    size = filters, shape[1] // groups, *taps
    return problem(shape, size, stride, 1, dilation, groups, np.float32, winograd)


def test_it_is_chosen_where_it_pays():
    for shape, filters in (((4, 64, 56, 56), 64), ((64, 128, 8, 8), 128), ((4, 512, 28, 28), 512)):
        assert wins(asked(shape, filters))
    assert wins(asked((1, 512, 7, 7), 512)) and wins(asked((8, 64, 27, 27), 192, (5, 5)))
    assert wins(asked((64, 16, 32, 32), 16)) and wins(asked((1, 16, 16, 16), 16))
    assert not wins(asked((1, 32, 4, 4), 32)), "the transforms cost more than they save"
    assert not wins(asked((4, 512, 28, 28), 512, (1, 1))), "there is nothing to save"


def test_it_can_be_switched_off():
    assert not wins(asked((4, 64, 56, 56), 64, winograd=False))


@pytest.mark.parametrize(("which", "images"), [(FORWARD, 4), (WEIGHT, 16)])
def test_of_few_tiles_the_transforms_never_lie_in_memory(which, images):
    assert choose(which, asked((1, 512, 14, 14), 512)).name == "winograd_fused"
    assert choose(which, asked((images, 512, 28, 28), 512)).name == "winograd"


@pytest.mark.parametrize(
    "change", [{"stride": 2}, {"stride": (1, 2)}, {"dilation": 2}, {"filters": 63}, {"groups": 2}]
)
def test_it_is_chosen_only_for_what_it_computes(change):
    assert not wins(asked((4, 64, 56, 56), **{"filters": 64, **change}))
