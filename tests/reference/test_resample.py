import numpy as np

from fastconv import reference

X = np.arange(1.0, 5.0).reshape(1, 1, 2, 2)


def test_nearest_by_hand():
    assert reference.interpolate(X, (2, 4))[0, 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]
    dx = reference.interpolate_input(np.arange(8.0).reshape(1, 1, 2, 4), X.shape)
    assert dx[0, 0].tolist() == [[1, 5], [9, 13]]


def test_bilinear_by_hand():
    assert reference.interpolate(X, (2, 3), mode="bilinear")[0, 0].tolist() == [[1, 1.5, 2], [3, 3.5, 4]]
    corners = reference.interpolate(X, (3, 3), mode="bilinear", align_corners=True)
    assert corners[0, 0].tolist() == [[1, 1.5, 2], [2, 2.5, 3], [3, 3.5, 4]]
    dx = reference.interpolate_input(np.ones((1, 1, 2, 3)), X.shape, mode="bilinear")
    assert dx[0, 0].tolist() == [[1.5, 1.5], [1.5, 1.5]]


def test_padding_by_hand():
    row = np.array([1.0, 2.0, 3.0])
    assert reference.pad(row, (1, 2), value=7.0).tolist() == [7, 1, 2, 3, 7, 7]
    assert reference.pad(row, (-1, 1)).tolist() == [2, 3, 0]
    assert reference.pad(row, (2, 1), "reflect").tolist() == [3, 2, 1, 2, 3, 2]
    assert reference.pad(row, (1, 1), "replicate").tolist() == [1, 1, 2, 3, 3]
    assert reference.pad(row, (1, 1), "circular").tolist() == [3, 1, 2, 3, 1]
    assert reference.pad(row, (-1, 1), "circular").tolist() == [2, 3, 2]
    assert reference.pad_input(np.arange(6.0), (3,), (2, 1), "reflect").tolist() == [2, 1 + 3 + 5, 0 + 4]
    assert reference.pad_input(np.arange(3.0), (3,), (-1, 1)).tolist() == [0, 0, 1]


def test_channels_become_pixels_by_hand():
    x = np.arange(4.0).reshape(1, 4, 1, 1)
    y = reference.pixel_shuffle(x, 2)
    assert y[0, 0].tolist() == [[0, 1], [2, 3]]
    assert np.array_equal(reference.pixel_shuffle_input(y, 2), x)
