import numpy as np
import pytest

from fastconv import nn

LOGITS = np.random.default_rng(0).normal(size=(5, 3, 2))
LABELS = np.random.default_rng(1).integers(0, 3, (5, 2))


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0, 0.5]}, {"ignore_index": 1}])
def test_log_softmax_and_nll_are_cross_entropy(options, each_backend):
    y, through = nn.LogSoftmax().forward(LOGITS)
    value, backward = nn.NLLLoss(**options).forward(y, LABELS)
    expected, expected_backward = nn.CrossEntropyLoss(**options).forward(LOGITS, LABELS)
    assert value == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(through(backward())[0], expected_backward(), rtol=1e-12, atol=1e-16)
    assert nn.NLLLoss(**options).count(y, LABELS) == nn.CrossEntropyLoss(**options).count(LOGITS, LABELS)


@pytest.mark.parametrize("kind", [nn.NLLLoss, nn.CrossEntropyLoss])
def test_outputs_have_an_axis_of_classes(kind):
    with pytest.raises(ValueError, match=r"^fit: model: got outputs of shape \(4,\), needs \(N, C\) or"):
        kind().check("fit", "y", np.zeros(4, np.int64), (4,), np.dtype(np.float32))
