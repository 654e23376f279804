"""The form of forward and backward in a user's layers."""

import inspect

import numpy as np
import pytest

from fastconv import nn

X = np.ones((2, 3), np.float32)


def own(forward=None, backward=None):
    """A layer with these results in place of the right ones."""

    class Own(nn.Layer):
        def forward(self, x, training=True):
            def back(dy, input_gradient=True):
                return backward(dy) if backward else (dy if input_gradient else None, {})

            return forward(x, back) if forward else (x, back)

    return Own()


@pytest.mark.parametrize(
    ("forward", "got"),
    [
        (lambda y, back: y, "one array, needs to return (y, backward)"),
        (lambda y, back: None, "NoneType, needs to return (y, backward)"),
        (lambda y, back: (y,), "a tuple of 1: (ndarray), needs to return (y, backward)"),
        (
            lambda y, back: (y, back, 1),
            "a tuple of 3: (ndarray, function, int), needs to return (y, backward)",
        ),
        (lambda y, back: [y, back], "list, needs to return (y, backward)"),
        (lambda y, back: (back, y), "a tuple of 2: (function, ndarray), needs to return (y, backward)"),
        (lambda y, back: (y.tolist(), back), "list as y, needs an array"),
    ],
)
def test_a_forward_of_another_form_is_told_wherever_it_runs(forward, got):
    layer = own(forward)
    for run in (layer, layer.forward, layer.predict):
        with pytest.raises(TypeError) as caught:
            run(X)
        assert str(caught.value) == f"Own: forward: got {got}"
    model = nn.Sequential(nn.ReLU(), nn.Sequential(layer))
    for run in (model, model.forward):
        with pytest.raises(TypeError) as caught:
            run(X)
        assert str(caught.value) == f"in 1.0 (Own): forward: got {got}"


@pytest.mark.parametrize(
    ("backward", "got"),
    [
        (lambda dy: dy, "one array, needs to return (dx, gradients)"),
        (lambda dy: None, "NoneType, needs to return (dx, gradients)"),
        (lambda dy: (dy, {}, 1), "a tuple of 3: (ndarray, dict, int), needs to return (dx, gradients)"),
        (lambda dy: (dy, None), "NoneType as gradients, needs a dict, {} for none"),
        (lambda dy: (dy, [dy]), "list as gradients, needs a dict, {} for none"),
        (lambda dy: (None, {}), "NoneType as dx, needs an array"),
        (lambda dy: ({}, dy), "dict as dx, needs an array"),
    ],
)
def test_a_backward_of_another_form_is_told_wherever_it_runs(backward, got):
    layer = own(backward=backward)
    with pytest.raises(TypeError) as caught:
        layer.forward(X)[1](X)
    assert str(caught.value) == f"Own: backward: got {got}"
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(layer))
    with pytest.raises(TypeError) as caught:
        model.forward(X)[1](X, input_gradient=False)
    assert str(caught.value) == f"in 1.0 (Own): backward: got {got}"


def test_what_nobody_asked_for_is_left_out():
    layer = own(backward=lambda dy: (dy, {}))
    assert layer.forward(X)[1](X, input_gradient=False) == (None, {})


def test_a_backward_that_cannot_be_asked_is_told_with_its_place():
    class Own(nn.Layer):
        def forward(self, x, training=True):
            return x, lambda dy: (dy, {})

    with pytest.raises(TypeError, match=r"^in 0 \(Own\): .* unexpected keyword argument 'input_gradient'"):
        nn.Sequential(Own()).forward(X)[1](X)


def test_a_forward_keeps_its_signature_and_options():
    class Scaled(nn.ReLU):
        def forward(self, x, training=True, by=1.0):
            """Of its own."""
            y, backward = super().forward(x, training)
            return y * np.float32(by), backward

    assert str(inspect.signature(Scaled.forward)) == "(self, x, training=True, by=1.0)"
    assert Scaled.forward.__doc__ == "Of its own."
    assert Scaled().forward(X, by=3.0)[0].tolist() == (X * 3).tolist()


@pytest.mark.parametrize("base", [nn.Sequential, nn.MaxPool2d, nn.Sigmoid], ids=lambda k: k.__name__)
def test_a_forward_of_ones_own_is_what_a_call_gives(base):
    class Own(base):
        def forward(self, x, training=True):
            return x + 1, lambda dy, input_gradient=True: (dy, {})

    layer = Own(2) if base is nn.MaxPool2d else Own()
    x = np.zeros((1, 1, 2, 2))
    assert layer(x).tolist() == layer.predict(x).tolist() == (x + 1).tolist()


def test_a_call_of_ones_own_stays():
    class Own(nn.ReLU):
        def forward(self, x, training=True): ...

        def __call__(self, x):
            return x - 1

    assert Own()(X).tolist() == (X - 1).tolist()


def test_whose_output_shape_is_of_its_forward():
    class Silent(nn.Layer):
        def forward(self, x, training=True): ...

    class Stated(Silent):
        def output_shape(self, input_shape): ...

    class Overridden(nn.Linear):
        def forward(self, x, training=True): ...

    class Inherited(nn.Linear): ...

    kinds = {Silent: False, Stated: True, Overridden: False, Inherited: True, nn.ReLU: True, nn.Linear: True}
    assert {kind: kind.states_its_shape for kind in kinds} == kinds
