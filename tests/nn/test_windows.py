import pytest

from fastconv.nn.windows import by, short, short_padding


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
