import inspect
import math

import numpy as np
import pytest

from fastconv import optim


def one(value=1.0, dtype=np.float64):
    return {"p": np.array([value, 2.0], dtype)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.SGD(one(), lr=-1), "SGD: lr: got -1"),
        (lambda: optim.SGD(one(), lr=math.nan), "SGD: lr: got nan"),
        (lambda: optim.SGD(one(), lr=1, momentum=-0.1), "SGD: momentum: got -0.1"),
        (lambda: optim.SGD(one(), lr=1, weight_decay=-1), "SGD: weight_decay: got -1"),
        (lambda: optim.SGD(one(), lr=1, nesterov=True), "SGD: nesterov: got momentum=0.0"),
        (lambda: optim.SGD(one(), lr=1, momentum=0.9, dampening=0.1, nesterov=True), "SGD: nesterov: got"),
        (lambda: optim.Adam(one(), lr=-1), "Adam: lr: got -1"),
        (lambda: optim.Adam(one(), betas=(1.0, 0.9)), r"Adam: betas\[0\]: got 1.0, needs 0 <= beta < 1"),
        (lambda: optim.Adam(one(), betas=(0.9, -0.1)), r"Adam: betas\[1\]: got -0.1"),
        (lambda: optim.AdamW(one(), eps=-1), "AdamW: eps: got -1"),
        (lambda: optim.RMSprop(one(), alpha=1.5), "RMSprop: alpha: got 1.5, needs a number from 0 to 1"),
        (lambda: optim.RMSprop(one(), momentum=-1), "RMSprop: momentum: got -1"),
        (lambda: optim.Adam({}), "Adam: params: got an empty dict, needs at least one parameter"),
    ],
)
def test_arguments_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_no_rate_is_infinite():
    with pytest.raises(ValueError, match=r"^SGD: lr: got inf, needs a finite number of at least 0"):
        optim.SGD({"w": np.ones(2)}, lr=np.inf)


KINDS = (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop)


# Of the wrong kind, or out of range, for whatever an optimizer has.
WRONG = ["wrong", -1, math.nan, None, True, [], (1, 2, 3), (0.5, 2), np.ones(2), object, {}]


def wrong_for(name):
    """`dampening` may be any number; True is a flag."""
    fits = {"dampening": int, "nesterov": bool, "centered": bool}.get(name)
    return [value for value in WRONG if type(value) not in (fits, *([bool] if fits is int else []))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_argument_is_an_error_that_names_it(kind):
    for name in inspect.signature(kind).parameters:
        for wrong in wrong_for(name):
            with pytest.raises((TypeError, ValueError), match=rf"^{kind.__name__}: {name}.*: got "):
                kind(**{"params": one(), "lr": 1.0, name: wrong})


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_value_set_later_is_an_error_too_and_changes_nothing(kind):
    optimizer = kind(one(), lr=1.0)
    for name in [name for name in dir(optimizer) if not name.startswith("_")]:
        before = getattr(optimizer, name)
        for wrong in wrong_for(name):
            with pytest.raises(
                (TypeError, ValueError, AttributeError), match=rf"^{kind.__name__}: {name}.*: "
            ):
                setattr(optimizer, name, wrong)
        after = getattr(optimizer, name)
        assert after is before or after == before


def test_another_librarys_setting_is_no_setting():
    with pytest.raises(
        AttributeError,
        match=r"^Adam: learning_rate: there is no such setting, needs one of betas, eps, lr, ",
    ):
        optim.Adam(one()).learning_rate = 0.1
