"""Settings: checked whenever they are set, refused where nobody would read them."""

import abc
import copy
import inspect
import pickle
from typing import ClassVar

import numpy as np
import pytest

from fastconv import validate
from fastconv.attributes import Checks, Settings


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


class Ruler(Settings):
    checks: ClassVar[Checks] = {"length": validate.integer}

    def __init__(self, length, unit="cm"):
        self._set(length=length, unit=unit)

    @property
    def half(self):
        return self.length / 2


def test_a_class_may_name_its_checks():
    with pytest.raises(TypeError, match=r"Ruler: length: got 2.5, needs an integer"):
        Ruler(2.5)
    ruler = Ruler(30)
    with pytest.raises(ValueError, match=r"Ruler: length: got 0, needs an integer from 1"):
        ruler.length = 0
    assert ruler.length == 30


@pytest.mark.parametrize("name", ["half", "checks", "fixed", "mark"])
def test_neither_a_property_nor_what_belongs_to_the_class_is_a_setting(name):
    with pytest.raises(
        AttributeError, match=f"^Ruler: {name}: there is no such setting, needs one of length, unit$"
    ):
        setattr(Ruler(30), name, 1)


def test_an_object_without_settings_says_so():
    class Plain(Settings):
        def __init__(self):
            pass

    with pytest.raises(
        AttributeError, match=r"^Plain: a: there is no such setting, needs none: it has no settings$"
    ):
        Plain().a = 1


def test_a_long_value_is_told_in_short():
    pen = Pen(1)
    with pytest.raises(AttributeError) as caught:
        pen.colour = np.zeros((30, 30))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 120


def test_help_shows_the_arguments_of_the_constructor():
    assert str(inspect.signature(Pen)) == "(width, colour='blue')"


def test_a_class_of_ones_own_may_be_abstract():
    class Tool(Settings, abc.ABC):
        @abc.abstractmethod
        def work(self): ...

    with pytest.raises(TypeError, match="abstract"):
        Tool()
