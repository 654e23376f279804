import numpy as np
import pytest

from fastconv import nn

LOGITS = np.random.default_rng(0).normal(size=(5, 3))
TARGETS = np.random.default_rng(1).random((5, 3))


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0, 0.5]}, {"reduction": "sum"}])
def test_sigmoid_and_its_loss_are_that_of_logits(options, each_backend):
    y, through = nn.Sigmoid().forward(LOGITS)
    value, backward = nn.BCELoss(**options).forward(y, TARGETS)
    expected, expected_backward = nn.BCEWithLogitsLoss(**options).forward(LOGITS, TARGETS)
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(through(backward())[0], expected_backward(), rtol=1e-12, atol=1e-16)


def test_logits_in_place_of_probabilities_are_told(each_backend):
    message = r"^binary_cross_entropy: input: got .*, needs numbers from 0 to 1; .* takes logits$"
    with pytest.raises(ValueError, match=message):
        nn.BCELoss()(5 * LOGITS, TARGETS)
