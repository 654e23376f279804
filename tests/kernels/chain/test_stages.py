"""Which operations are stages of a kernel."""

import numpy as np
import pytest

from fastconv import kernels
from fastconv.kernels.activation.formulas import Formula
from fastconv.kernels.chain import fits
from fastconv.kernels.chain.stages import MOST, Kind, literals, read_stages, stage

SHAPE = 2, 5, 3, 4


def ones(*shape):
    return np.ones(shape, np.float32)


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("relu", (), Kind.FORMULA),
        ("hardtanh", (), Kind.NUMBERS),
        ("channel_norm", (ones(5), ones(5)), Kind.NORM),
        ("prelu", (ones(1),), Kind.PRELU),
        ("add", (ones(),), Kind.ROW),
        ("divide", (ones(1, 1, 1, 1),), Kind.ROW),
        ("minimum", (ones(5, 1, 1),), Kind.ROW),
        ("maximum", (ones(1, 5, 1, 1),), Kind.ROW),
        ("subtract", (ones(*SHAPE),), Kind.WHOLE),
    ],
    ids=str,
)
def test_operations_that_are_stages(name, arguments, kind):
    assert fits(((name, *arguments),), SHAPE)
    assert stage(name, [*arguments], SHAPE).form.kind == kind


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("softmax", (1,)),
        ("channel_norm", (ones(2, 1), ones(2, 1))),
        ("add", (ones(5),)),
        ("add", (ones(2, 5, 1, 1),)),
        ("add", (ones(3, 4),)),
        ("multiply", (ones(1, 1, 1, 1, 1),)),
    ],
    ids=str,
)
def test_operations_that_are_not(name, arguments):
    assert not fits((("relu",), (name, *arguments)), SHAPE)


def test_how_many_stages_and_how_many_whole_arrays():
    whole = ("add", ones(*SHAPE))
    assert fits((("relu",),) * MOST, SHAPE)
    assert not fits((("relu",),) * (MOST + 1), SHAPE)
    assert fits((whole, ("relu",)), SHAPE)
    assert not fits((whole, whole), SHAPE)
    assert fits((("add", ones(1, 5)), ("relu",)), (3, 5))
    assert not fits((("relu",),), (3, 5, 7))


def test_options_have_the_defaults_of_the_operations():
    stages = ("leaky_relu",), ("softplus", 2.0), ("relu6",), ("gelu", "tanh"), ("gelu",)
    found = read_stages(stages, SHAPE)
    assert [(form.code, given) for form, given in found] == [
        (Formula.LEAKY_RELU, (0.01,)),
        (Formula.SOFTPLUS, (2.0, 20.0)),
        (Formula.HARDTANH, (0.0, 6.0)),
        (Formula.GELU_TANH, ()),
        (Formula.GELU, ()),
    ]


def test_literals_are_those_of_the_forms_alone():
    stages = ("channel_norm", ones(5), ones(5)), ("add", ones(1)), ("relu",)
    forms = tuple(form for form, _ in read_stages(stages, SHAPE))
    found = literals(forms, 8, 1)
    assert found["stages"] == 3
    assert [found[f"stage{i}"].literals["row"] for i in range(3)] == [1, 4, 5]
    assert literals((), 8, 1) == {}


def test_the_names_are_those_of_the_contract():
    for name in ("elu", "silu", "sigmoid", "tanh", "hardsigmoid"):
        assert fits(((name,),), SHAPE) and hasattr(kernels, name)
