import gc
import pickle
import sys

import numpy as np
import pytest

import fastconv as fc
from fastconv.plots.figure import inches, mosaic, new_figure, number_tiles, picture, show


def test_a_notebook_gets_a_picture():
    figure = new_figure("curves", 2, 2)
    figure.subplots().plot([1, 2])
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert pickle.loads(pickle.dumps(figure))._repr_png_().startswith(b"\x89PNG")


def test_pyplot_knows_nothing_of_a_figure(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    fc.plots.curves({"loss": [1.0]})._repr_png_()
    gc.collect()


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("curves", lambda: fc.plots.curves({"loss": [1.0]})),
        ("confusion", lambda: fc.plots.confusion(np.eye(2, dtype=int))),
        ("filters", lambda: fc.plots.filters(fc.nn.Conv2d(1, 1, 1))),
        ("feature_maps", lambda: fc.plots.feature_maps(fc.nn.Conv2d(1, 1, 1), np.ones((1, 2, 2), "f"))),
        ("saliency", lambda: fc.plots.saliency(fc.nn.Flatten(), np.ones((1, 2, 2), "f"))),
        ("wrong", lambda: fc.plots.wrong(np.ones((1, 1, 2, 2)), np.array([0]), np.eye(2)[:1], "ab")),
    ],
)
def test_without_matplotlib_an_error_says_what_to_install(monkeypatch, name, draw):
    draw()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=rf"^{name}: needs matplotlib: pip install 'fastconv\[plots\]'$"):
        draw()


def test_an_image_of_one_two_three_and_four_channels():
    for channels, shape in (1, (4, 5)), (2, (4, 5)), (3, (4, 5, 3)), (4, (4, 5, 4)):
        image = np.arange(channels * 20.0).reshape(channels, 4, 5)
        assert picture(image).shape == shape
        assert picture(image).flat[0] == 0


def test_other_ranges_are_brought_to_0_to_1():
    axes = new_figure("curves", 2, 2).subplots(1, 4)
    for one, image, expected in zip(
        axes, ([[0.25, 0.5]], [[-1, 3]], [[0, 255]], [[7, 7]]), ([[0.25, 0.5]], [[0, 1]], [[0, 1]], [[0, 0]]),
        strict=True,
    ):  # fmt: skip
        show(one, np.array([image], float))
        assert one.images[0].get_array().tolist() == expected
        assert one.images[0].get_clim() == (0, 1)


def test_a_mosaic_has_gaps_of_nan():
    images = np.arange(12.0).reshape(3, 2, 2)
    nan = np.nan
    expected = [
        [0, 1, nan, 4, 5],
        [2, 3, nan, 6, 7],
        [nan] * 5,
        [8, 9, nan, nan, nan],
        [10, 11, nan, nan, nan],
    ]
    np.testing.assert_array_equal(mosaic(images, 2), expected)
    colors = mosaic(np.ones((2, 24, 24, 3)), 1)
    assert colors.shape == (24 + 2 + 24, 24, 3)
    assert np.isnan(colors[24:26]).all()


def test_the_tiles_are_numbered_at_their_middle():
    axes = new_figure("curves", 2, 2).subplots()
    axes.imshow(mosaic(np.zeros((2 * 40, 3, 5)), 40))
    number_tiles(axes, ["a", "b"], [str(n) for n in range(40)], 3, 5)
    assert axes.get_yticks().tolist() == [1, 5]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_xticks()[:2].tolist() == [2, 20]  # every third has a number
    assert [label.get_text() for label in axes.get_xticklabels()][:3] == ["0", "3", "6"]


def test_sizes_keep_the_proportions():
    assert inches((10, 20), 6) == (6, 3)
    assert inches((20, 10, 3), 6) == (3, 6)
    assert inches((1, 100), 6) == (6, 2)
