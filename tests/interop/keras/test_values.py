import numpy as np
import pytest

from fastconv.interop.keras.values import Value, channels_first, known, shape_of


def test_axes_and_sizes():
    image = Value("a", (5, None, 3), channels_first(3))
    assert image.axes == (2, 0, 1)
    assert image.sizes == (3, 5, None)
    assert image.rank == 3
    assert [image.here(axis) for axis in range(3)] == [2, 3, 1]
    assert known(image.sizes) == (3, 5, 4096)


def test_the_order_of_a_flattened_image():
    theirs = np.arange(24).reshape(4, 3, 2)
    flat = Value("a", (24,), (0,), ((4, 3, 2), (2, 0, 1)))
    ours = theirs.transpose(2, 0, 1).ravel()
    assert np.array_equal(flat.in_our_order(np.arange(24)), ours)
    columns = np.arange(48).reshape(24, 2)
    assert np.array_equal(flat.in_our_order(columns), columns[ours])
    assert Value("a", (24,), (0,)).in_our_order(columns) is columns


@pytest.mark.parametrize("dims", [(1, 0, 2), (2, 0, 1), (1, 2, 0)])
def test_a_transposed_value_has_its_axes_under_new_names(dims):
    theirs = np.arange(24).reshape(4, 3, 2)
    value = Value("a", theirs.shape, (2, 0, 1))
    ours = theirs.transpose(value.axes)
    renamed = value.relabelled(dims)
    after = theirs.transpose(dims)
    assert renamed.shape == after.shape
    assert np.array_equal(after.transpose(renamed.axes), ours)


def test_the_shape_of_a_batch():
    assert shape_of([None, 28, None, 1]) == (28, None, 1)
    for wrong in [None, [], [None], [None, 0], [None, True], [None, "3"], "abc", [1, 2.0]]:
        with pytest.raises(ValueError, match=r"got an input of shape .*, needs that of a batch"):
            shape_of(wrong)
