"""What keeps a state dict from a model's parameters, and the way out."""

import re

import numpy as np
import pytest

from fastconv import nn


def state(**changes):
    return {**nn.Linear(2, 3, seed=1).state_dict(), **changes}


def refused(layer, given, message, error=ValueError):
    before = layer.state_dict()
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        layer.load_state_dict(given)
    assert all(np.array_equal(layer.parameters()[name], before[name]) for name in before)


def test_names_with_a_prefix_or_without_are_told_with_what_would_fit():
    layer = nn.Linear(2, 3)
    model = nn.Sequential(layer)
    given = {f"module.{k}": v for k, v in state().items()}
    refused(
        layer,
        given,
        "load_state_dict: Linear: got names that begin with 'module.', needs them without; "
        "{k.removeprefix('module.'): v for k, v in state.items()} would fit",
    )
    layer.load_state_dict({k.removeprefix("module."): v for k, v in given.items()})
    reverse = dict(reversed(state().items()))
    refused(
        model,
        reverse,
        "load_state_dict: Sequential: got names without '0.', needs it before each; "
        "{'0.' + k: v for k, v in state.items()} would fit",
    )
    model.load_state_dict({"0." + k: v for k, v in reverse.items()})
    assert np.array_equal(layer.weight, state()["weight"])


def test_a_checkpoint_around_it_is_told():
    refused(
        nn.Linear(2, 3),
        {"epoch": 3, "model": state()},
        "load_state_dict: Linear: got a dict that holds the state dict as 'model'; state['model'] would fit",
    )


def test_a_transposed_weight_is_told():
    refused(
        nn.Linear(2, 3),
        state(weight=np.zeros((2, 3), np.float32)),
        "load_state_dict: Linear: weight: got shape (2, 3), needs (3, 2); its .T would fit",
    )


def test_a_model_in_place_of_its_state_is_told():
    message = "load_state_dict: got Linear, needs a dict of name and array; its state_dict() would fit"
    refused(nn.Linear(2, 3), nn.Linear(2, 3), message, TypeError)


def test_many_misfits_are_counted():
    refused(
        nn.Linear(2, 3),
        {str(i): 0 for i in range(9)},
        "load_state_dict: Linear: missing bias; missing weight; unexpected 0; unexpected 1; and 7 more",
    )
    refused(nn.Linear(2, 3), {}, "load_state_dict: Linear: missing bias; missing weight")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "bias: got object, needs float32"),
        ("abc", "bias: got <U3, needs float32"),
        ([True] * 3, "bias: got bool, needs float32"),
        ([1j] * 3, "bias: got complex128, needs float32"),
    ],
)
def test_what_is_no_float_is_told(value, message):
    value = np.full(3, value) if isinstance(value, str | None) else value
    refused(nn.Linear(2, 3), state(bias=value), f"load_state_dict: Linear: {message}")


def test_what_is_no_array_is_told():
    with pytest.raises(ValueError, match=r"^load_state_dict: Linear: bias: got no array but list: "):
        nn.Linear(2, 3).load_state_dict(state(bias=[[1.0], [2.0, 3.0]]))


def test_numbers_that_are_no_array_yet_are_taken():
    layer = nn.Linear(2, 3)
    layer.load_state_dict(state(bias=[1.0, 2.0, 3.0], weight=np.ones((3, 2), np.float16)))
    assert layer.bias.tolist() == [1.0, 2.0, 3.0]
    assert layer.weight.dtype == np.float32
