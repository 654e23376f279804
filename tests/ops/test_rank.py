import numpy as np
import pytest

from fastconv.ops.rank import LINE, PLANE, rank_of


def test_the_rank_of_a_name():
    assert rank_of("conv1d_weight") is rank_of("MaxPool1d") is LINE
    assert rank_of("conv2d") is rank_of("adaptive_max_pool2d_input") is PLANE


@pytest.mark.parametrize(
    ("rank", "shape", "images"),
    [
        (LINE, (2, 3, 5), (2, 3, 1, 5)),
        (LINE, (3, 5), (1, 3, 1, 5)),
        (PLANE, (2, 3, 4, 5), (2, 3, 4, 5)),
        (PLANE, (3, 4, 5), (1, 3, 4, 5)),
    ],
)
def test_arrays_become_images_and_come_back(rank, shape, images):
    array = np.arange(np.prod(shape)).reshape(shape)
    found = rank.batch(array)
    assert found.shape == images == rank.shape(shape)
    assert np.shares_memory(found, array)
    np.testing.assert_array_equal(rank.same_axes(found, array), array)


def test_weights_become_filters_and_come_back():
    weight = np.arange(24).reshape(4, 2, 3)
    assert LINE.filters(weight).shape == (4, 2, 1, 3)
    np.testing.assert_array_equal(LINE.weight(LINE.filters(weight)), weight)
    assert PLANE.weight(weight) is PLANE.filters(weight) is weight


def test_values_of_one_axis_are_those_of_the_width():
    assert LINE.two((3,), 1) == (1, 3)
    assert PLANE.two((3, 4), 1) == (3, 4)
