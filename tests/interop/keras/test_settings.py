import re

import numpy as np
import pytest

from fastconv.interop.keras.settings import Settings

SETTINGS = Settings(
    "Kind",
    {
        "word": "same",
        "on": True,
        "three": 3,
        "pair": [2, 3],
        "half": 0.5,
        "last": -1,
        "sides": [[1, 2], [3, 4]],
    },
)


def test_values():
    assert SETTINGS.choice("word", "valid", "same") == "same"
    assert SETTINGS.flag("on")
    assert SETTINGS.flag("missing", False) is False
    assert SETTINGS.integer("three") == SETTINGS.integer("missing", default=3) == 3
    assert SETTINGS.number("half") == SETTINGS.number("missing", 0.5) == 0.5
    assert SETTINGS.sizes("pair", 2) == (2, 3)
    assert SETTINGS.sizes("three", 2) == (3, 3)
    assert SETTINGS.sides("sides", 2) == ((1, 2), (3, 4))
    assert SETTINGS.sides("pair", 1) == ((2, 3),)
    assert SETTINGS.sides("pair", 2) == ((2, 2), (3, 3))
    assert SETTINGS.axis("last", 3) == SETTINGS.axis("three", 3) == 2
    assert SETTINGS.axes("pair", 3, [3, -2]) == (1, 2)


def test_numbers():
    assert SETTINGS.numbers("pair", 3, np.dtype(np.float32)).tolist() == [[[2.0, 3.0]]]
    assert SETTINGS.numbers("half", 0, np.dtype(np.float64)).shape == ()


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda s: s.choice("word", "valid"), "word: got 'same', needs 'valid'"),
        (lambda s: s.choice("pair", "valid"), "pair: got [2, 3], needs 'valid'"),
        (lambda s: s.flag("three"), "three: got 3, needs True or False"),
        (lambda s: s.integer("on"), "on: got True, needs an integer"),
        (lambda s: s.integer("three", 4), "three: got 3, needs an integer from 4"),
        (lambda s: s.number("word"), "word: got 'same', needs a number"),
        (lambda s: s.sizes("sides", 2), "sides: got [1, 2], needs an integer"),
        (lambda s: s.sides("sides", 1), "sides: got [1, 2], needs an integer"),
        (lambda s: s.sides("pair", 3), "pair: got [2, 3], needs (before, after) of 3 axes"),
        (lambda s: s.axis("three", 2), "three: got 3, needs an integer from -2 to 2"),
        (lambda s: s.axes("zero", 2, [0]), "zero: got None, needs axes other than the batch's, 0"),
        (lambda s: s.axes("none", 2, []), "none: got None, needs an axis"),
        (lambda s: s.numbers("word", 1, np.dtype(np.float32)), "word: got 'same', needs numbers"),
        (lambda s: s.numbers("sides", 1, np.dtype(np.float32)), "needs finite numbers with at most 1 axes"),
    ],
)
def test_errors(read, message):
    with pytest.raises((ValueError, TypeError), match=f"^Kind: .*{re.escape(message)}"):
        read(SETTINGS)


def test_a_long_value_is_shortened():
    with pytest.raises(ValueError, match=r"^Kind: a: got 'x{76}\.\.\., needs True or False$"):
        Settings("Kind", {"a": "x" * 1000}).flag("a")
