"""Settings: checked whenever they are set, refused where nobody would read them."""

import copy
import pickle

import pytest

from fastconv.attributes import Settings


class Pen(Settings):
    fixed = ("colour",)

    def __init__(self, width, colour="blue"):
        self.width = width
        self.colour = colour

    def _checked(self, name, value):
        if name == "width" and value <= 0:
            raise ValueError(f"Pen: width: got {value}, needs more than 0")
        return float(value) if name == "width" else value


def test_a_setting_is_checked_in_the_constructor_and_later():
    with pytest.raises(ValueError, match="Pen: width: got -1"):
        Pen(-1)
    pen = Pen(1)
    assert isinstance(pen.width, float)
    with pytest.raises(ValueError, match="Pen: width: got 0"):
        pen.width = 0
    pen.width = 2
    assert pen.width == 2.0


def test_what_is_fixed_stays():
    pen = Pen(1)
    with pytest.raises(AttributeError, match="Pen: colour: got 'red', needs to stay as it was made"):
        pen.colour = "red"
    assert pen.colour == "blue"


@pytest.mark.parametrize(
    "again", [lambda pen: pen, copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_a_name_that_nobody_reads_is_an_error(again):
    with pytest.raises(
        AttributeError, match="Pen: length: there is no such setting, needs one of colour, width"
    ):
        again(Pen(1)).length = 3
