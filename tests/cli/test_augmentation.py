import re

import pytest

from fastconv.cli.augmentation import FORMS, read


def test_a_list_of_names_and_numbers():
    found = read("shift=1,crop,flip=0.25,rotate=15,noise,cutout=3,mixup=0.4", (1, 8, 6), 10)
    assert repr(found) == (
        "Compose([Shift(pixels=(1, 1), fill=0.0), Crop(size=(8, 6), padding=(4, 4), fill=0.0), "
        "Flip(p=0.25, vertical=0.0), Rotate(degrees=15.0, fill=0.0), Noise(std=0.1), "
        "Cutout(size=(3, 3), fill=0.0), Mixup(alpha=0.4, classes=10)])"
    )
    assert read(None, (1, 8, 6), 10) is None
    assert FORMS == "shift[=2], crop[=4], flip[=0.5], rotate[=10], noise[=0.1], cutout[=4], mixup[=0.2]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--augment: got , needs a list of shift[=2], crop"),
        ("flip,zoom", "--augment: got zoom, needs a list of shift[=2], crop"),
        ("flip=", "--augment flip=: could not convert string to float"),
        ("flip=2", "--augment flip=2: Flip: p: got 2.0, needs a number from 0 to 1"),
        ("shift=1.5", "--augment shift=1.5: got 1.5, needs a whole number of pixels"),
        ("crop=inf", "--augment crop=inf: got inf, needs a whole number of pixels"),
        ("crop=nan", "--augment crop=nan: got nan, needs a whole number of pixels"),
        ("shift=-1", "--augment shift=-1: Shift: pixels: got -1"),
    ],
)
def test_anything_else_is_refused(text, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        read(text, (1, 8, 6), 10)
