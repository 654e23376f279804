import pytest

from fastconv.nn.windows import by, image_size, short, short_padding


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("same", "same"),
        (((1, 1), (1, 1)), 1),
        (((1, 1), (2, 2)), (1, 2)),
        (((1, 2), (1, 2)), ((1, 2), (1, 2))),
        (((0, 0), (0, 1)), ((0, 0), (0, 1))),
    ],
)
def test_padding_is_written_as_short_as_it_can_be(padding, expected):
    assert short_padding(padding) == expected


def test_pairs():
    assert short((3, 3)) == 3
    assert short([3, 2]) == (3, 2)
    assert by((3, 2)) == "3 x 2"


def test_the_size_of_an_image():
    assert image_size("f", [3, 4, 5]) == (4, 5)
    with pytest.raises(ValueError, match=r"^f: got shape \(4, 5\), needs \(channels, height, width\)$"):
        image_size("f", (4, 5))
    with pytest.raises(TypeError, match=r"^f: input_shape: got 4.0, needs an integer$"):
        image_size("f", (3, 4.0, 5))
