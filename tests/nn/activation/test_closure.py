import numpy as np

from fastconv.nn.activation.closure import of_input


def test_the_gradient_is_computed_where_it_is_asked_for_alone():
    asked = []
    backward = of_input(lambda dy: asked.append(1) or 2 * dy)
    dy = np.ones(3)
    assert backward(dy, input_gradient=False) == (None, {})
    assert not asked
    dx, gradients = backward(dy)
    assert dx.tolist() == [2, 2, 2]
    assert gradients == {}
